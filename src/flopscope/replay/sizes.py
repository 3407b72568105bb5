"""The inputs that a program was exported for, and whether given ones are among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from flopscope.errors import InputError


@dataclass(frozen=True, slots=True)
class Size:
    """One size of an input.

    Attributes:
        symbol: its name, where it may differ from call to call; or the expression of others'.
        number: what it is, where it is fixed.
        low, high: the range of a symbol; None where there is no end.
    """

    symbol: Any = None
    number: int | None = None
    low: int | None = None
    high: int | None = None

    @property
    def is_free(self) -> bool:
        """Whether it is a symbol, and not an expression of symbols."""
        return self.symbol is not None and bool(self.symbol.is_Symbol)

    def __str__(self) -> str:
        if self.number is not None:
            return str(self.number)
        if not self.is_free:
            return str(self.symbol)
        if self.high is None:
            return f"at least {self.low or 1}"
        return f"from {self.low or 1} to {self.high}"


@dataclass(frozen=True, slots=True)
class Taken:
    """One input of a program.

    Attributes:
        name: of the tensor or value.
        sizes: of a tensor; None for another value.
        value: of one that was fixed.
        is_fixed: whether the program has this value built in.
    """

    name: str
    sizes: tuple[Size, ...] | None = None
    value: Any = None
    is_fixed: bool = False


def check_taken(taken: Sequence[Taken], leaves: Sequence[Any]) -> None:
    """Make sure that a program may be called with these values.

    Raises:
        InputError: one of them it was not exported for.
    """
    bound: dict[Any, tuple[int, str]] = {}
    tensors = []
    for one, leaf in zip(taken, leaves, strict=True):
        if one.is_fixed:
            if type(leaf) is not type(one.value) or leaf != one.value:
                raise InputError(
                    f"'{one.name}' is fixed at {one.value!r} in the exported program, and not"
                    f" {leaf!r}",
                    hint="export it again for other values",
                )
        elif one.sizes is not None:
            tensors.append((one.name, one.sizes, _shape_of(one, leaf)))
    for name, sizes, shape in tensors:
        _check_free(name, sizes, shape, bound)
    for name, sizes, shape in tensors:
        _check_derived(name, sizes, shape, bound)


def _shape_of(one: Taken, leaf: Any) -> Sequence[int]:
    wanted = one.sizes or ()
    if not isinstance(leaf, torch.Tensor):
        raise InputError(f"'{one.name}' is a tensor in the exported program, and not {leaf!r}")
    if leaf.dim() != len(wanted):
        raise InputError(
            f"'{one.name}' has {len(wanted)} dimensions in the exported program, and not"
            f" {leaf.dim()}",
            hint=f"its sizes: {described(wanted)}",
        )
    return leaf.shape


def described(sizes: Iterable[Size]) -> str:
    """The sizes of an input in words: ``"from 1 to 64, 3, 224, 224"``."""
    return ", ".join(map(str, sizes)) or "those of a scalar"


def _check_free(
    name: str, sizes: Iterable[Size], shape: Sequence[int], bound: dict[Any, tuple[int, str]]
) -> None:
    for place, (size, given) in enumerate(zip(sizes, shape, strict=True)):
        where = f"dimension {place} of '{name}'"
        if size.number is not None and given != size.number:
            raise InputError(
                f"{where} is fixed at {size.number} in the exported program, and not {given}",
                hint="export it again with that dimension in dynamic_shapes",
            )
        if not size.is_free:
            continue
        if given < (size.low or 0) or (size.high is not None and given > size.high):
            raise InputError(
                f"{where} is {size} in the exported program, and not {given}",
                hint="give it a size in that range, or export it again with another",
            )
        before, other = bound.setdefault(size.symbol, (given, where))
        if given != before:
            raise InputError(f"{where} is {given}, and must be {before} as {other} is")


def _check_derived(
    name: str,
    sizes: Iterable[Size],
    shape: Sequence[int],
    bound: Mapping[Any, tuple[int, str]],
) -> None:
    for place, (size, given) in enumerate(zip(sizes, shape, strict=True)):
        if size.number is not None or size.is_free:
            continue
        wanted = size.symbol.subs({symbol: number for symbol, (number, _) in bound.items()})
        if not wanted.free_symbols and wanted != given:
            others = ", ".join(
                f"{symbol} is {bound[symbol][1]}" for symbol in size.symbol.free_symbols
            )
            raise InputError(
                f"dimension {place} of '{name}' is {given}, and must be {wanted}: {size},"
                f" where {others}"
            )
