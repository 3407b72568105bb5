"""What a model is called with: tensors described by shape, and made when it is known where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from flopscope.errors import InputError
from flopscope.spelling import did_you_mean

if TYPE_CHECKING:
    # Here, not above: parsing a shape must not wait for torch.
    import torch

DTYPES = (
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    *("float8_e4m3fn", "float8_e5m2"),
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
"""The element types that an input can have, by torch's names."""

ALIASES: Mapping[str, str] = {
    "half": "float16",
    "fp16": "float16",
    "f16": "float16",
    "bf16": "bfloat16",
    "float": "float32",
    "fp32": "float32",
    "f32": "float32",
    "double": "float64",
    "fp64": "float64",
    "f64": "float64",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "char": "int8",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "byte": "uint8",
}
"""Other names of element types, among them all of torch's own."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """A tensor to make for the model.

    Attributes:
        shape: sizes of the dimensions; ``()`` is a scalar.
        dtype: torch's name for the element type.
        low, high: its values are drawn from low up to, and without, high; None for the defaults.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    low: float | None = None
    high: float | None = None

    @property
    def is_exact(self) -> bool:
        """Whether its elements are integers or bools, whose values a trace knows."""
        return not self.dtype.startswith(("float", "bfloat", "complex"))

    def make(self, device: str) -> torch.Tensor:
        """The tensor on a device, the same each time, leaving torch's own random state alone.

        Floats are drawn from the normal distribution, integers and bools are zero, which indexes
        any embedding; with a range they are drawn from it evenly. On ``"meta"``, floats have no
        values; integers and bools are on the CPU, for their values are known.

        Raises:
            InputError: it is too large for any memory.
        """
        try:
            return _make(self, device)
        except (RuntimeError, TypeError) as error:  # torch has one for memory, one for overflow
            sizes = "x".join(map(str, self.shape))
            raise InputError(
                f"cannot make an input of {sizes} {self.dtype}: {str(error).splitlines()[0]}",
                hint="give it smaller sizes",
            ) from error


@dataclass(frozen=True, slots=True)
class Inputs:
    """The arguments of a forward pass, in which :class:`InputSpec` stand for tensors.

    A tensor on the meta device stands for one with values that don't matter, too. All else is given
    as it is, and lists, tuples and mappings with these in them.

    Attributes:
        args: positional arguments.
        kwargs: keyword arguments.
        notes: where they are from, where that is not the command line.
        is_batched: whether there are as many samples as were asked for, if a number was.
        repaired: what to try in the place of them, given them and what the model raised.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()
    is_batched: bool = False
    repaired: Callable[[Inputs, str], Iterable[Inputs]] | None = None

    def on(self, device: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with tensors on a device; on ``"meta"`` those of floats have no values.

        Raises:
            InputError: one of them is too large for any memory.
        """
        from torch.utils._pytree import tree_map

        def placed(leaf: Any) -> Any:
            return _placed(leaf, device)

        made = tree_map(placed, (self.args, dict(self.kwargs)))
        return made[0], made[1]

    def mapped(self, change: Callable[[Any], Any]) -> Inputs:
        """The same with every leaf changed."""
        from torch.utils._pytree import tree_map

        args, kwargs = tree_map(change, (self.args, dict(self.kwargs)))
        return replace(self, args=args, kwargs=kwargs)


Structure: TypeAlias = "InputSpec | list[Structure] | tuple[Structure, ...] | dict[str, Structure]"
"""Tensors to make, as a model takes them: one, or several in lists, tuples and mappings."""


def parse_dtype(text: str) -> str:
    """Torch's name of an element type: ``"bfloat16"`` for ``bf16`` or ``torch.bfloat16``.

    Raises:
        InputError: there is no such type, or inputs cannot have it.
    """
    name = text.strip().lower().removeprefix("torch.")
    name = ALIASES.get(name, name)
    if name not in DTYPES:
        meant = did_you_mean(name, (*DTYPES, *ALIASES))
        raise InputError(
            f"no dtype '{text}' for an input", hint=meant or f"it is one of {', '.join(DTYPES)}"
        )
    return name


def as_inputs(value: Any, notes: tuple[str, ...] = ()) -> Inputs:
    """What a function that makes inputs returned, or an attribute holds, as arguments.

    A tuple is positional arguments, a mapping keyword arguments, and a tuple of a sequence and a
    mapping both; anything else is one argument.
    """
    if isinstance(value, tuple) and len(value) == 2:
        first, second = value
        if isinstance(first, (tuple, list)) and _is_keywords(second):
            return Inputs(tuple(first), second, notes)
    if _is_keywords(value):
        return Inputs((), value, notes)
    return Inputs(value if isinstance(value, tuple) else (value,), notes=notes)


def _is_keywords(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def rebatched(inputs: Inputs, batch: int) -> Inputs:
    """The inputs with another number of samples: repeated along the first dimension.

    Every tensor whose first size is that of the first tensor is taken to be of samples.
    """
    import torch
    from torch.utils._pytree import tree_leaves

    leaves = tree_leaves((inputs.args, dict(inputs.kwargs)))
    sizes = (leaf.shape[0] for leaf in leaves if _has_sizes(leaf))
    samples = next(sizes, None)

    def resized(leaf: Any) -> Any:
        if not _has_sizes(leaf) or leaf.shape[0] != samples:
            return leaf
        if isinstance(leaf, InputSpec):
            return replace(leaf, shape=(batch, *leaf.shape[1:]))
        return leaf[torch.arange(batch) % leaf.shape[0]]

    return inputs.mapped(resized)


def retyped(inputs: Inputs, dtype: str) -> Inputs:
    """The inputs with the floating-point ones of another type."""
    import torch

    wanted = getattr(torch, dtype)

    def cast(leaf: Any) -> Any:
        if isinstance(leaf, InputSpec) and not leaf.is_exact:
            return replace(leaf, dtype=dtype)
        if isinstance(leaf, torch.Tensor) and leaf.is_floating_point():
            return leaf.to(wanted)
        return leaf

    return inputs.mapped(cast)


def _has_sizes(leaf: Any) -> bool:
    return bool(len(getattr(leaf, "shape", ())))


def _placed(leaf: Any, device: str) -> Any:
    import torch

    if isinstance(leaf, InputSpec):
        return leaf.make(device)
    if not isinstance(leaf, torch.Tensor) or device == "meta":
        return leaf
    if leaf.is_meta:
        return InputSpec(tuple(leaf.shape), str(leaf.dtype).removeprefix("torch.")).make(device)
    return leaf.to(device)


def _make(spec: InputSpec, device: str) -> torch.Tensor:
    import torch

    dtype: torch.dtype = getattr(torch, spec.dtype)
    if device == "meta" and not spec.is_exact:
        return torch.empty(spec.shape, dtype=dtype, device="meta")
    where = "cpu" if device == "meta" else device
    generator = torch.Generator(where).manual_seed(0)
    if spec.is_exact:
        return _whole_numbers(spec, generator).to(dtype)
    drawn = torch.complex64 if dtype.is_complex else torch.float32
    if spec.low is None or spec.high is None:
        values = torch.randn(spec.shape, dtype=drawn, device=where, generator=generator)
    else:
        values = torch.rand(spec.shape, dtype=drawn, device=where, generator=generator)
        values = values * (spec.high - spec.low) + spec.low
    return values.to(dtype)


def _whole_numbers(spec: InputSpec, generator: torch.Generator) -> torch.Tensor:
    import torch

    where = generator.device
    if spec.low is None or spec.high is None:
        return torch.zeros(spec.shape, dtype=getattr(torch, spec.dtype), device=where)
    low, high = int(spec.low), int(spec.high)
    return torch.randint(low, high, spec.shape, device=where, generator=generator)
