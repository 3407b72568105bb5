"""One operator on tensors without values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.dtypes import BITS


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """The shape of a tensor without its values.

    Attributes:
        shape: sizes of the dimensions.
        dtype: torch's name for the element type, such as ``"float32"``.
        strides: steps in elements, or None for contiguous.
        stored: elements in memory where they are fewer than the shape says: a sparse tensor's.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    strides: tuple[int, ...] | None = None
    stored: int | None = None

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of memory behind the tensor: a broadcast (stride 0) dimension is stored once."""
        stored = self.numel if self.stored is None else self.stored
        if self.strides is not None and stored:
            repeats = zip(self.shape, self.strides, strict=True)
            stored = math.prod(size for size, stride in repeats if stride != 0)
        return stored * BITS[self.dtype] // 8


Argument: TypeAlias = (
    "TensorSpec | int | float | complex | bool | str | tuple[Argument, ...] | None"
)
"""What an operator was called with: tensors as specs, torch's own types as their names."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operator on one set of shapes; calls that repeat it share the object.

    Attributes:
        op: namespace and name, without the overload: ``"aten.conv2d"``.
        overload: torch's overload name: ``"padding"``, ``"default"``.
        args: every argument by its schema name, defaults filled in.
        outputs: the tensors it returned.
        tags: facts from torch's own schema, of ``pointwise``, ``reduction``, ``view``, ``inplace``.
    """

    op: str
    overload: str
    args: Mapping[str, Argument]
    outputs: tuple[TensorSpec, ...]
    tags: frozenset[str] = frozenset()

    def tensors(self) -> Iterator[TensorSpec]:
        """Every tensor argument, also those inside lists."""
        for argument in self.args.values():
            yield from tensors_in(argument)


def tensors_in(argument: Argument) -> Iterator[TensorSpec]:
    """The tensor specs inside an argument, in order."""
    if isinstance(argument, TensorSpec):
        yield argument
    elif isinstance(argument, tuple):
        for item in argument:
            yield from tensors_in(item)


def integers_in(argument: Argument) -> tuple[int, ...]:
    """The integers of an argument that is one, or some."""
    found = argument if isinstance(argument, tuple) else (argument,)
    return tuple(each for each in found if isinstance(each, int))
