"""Shapes as typed, such as ``"2,384,32,32"``, to input tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flopscope.errors import InputError
from flopscope.load.spelling import did_you_mean

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

_SIZES = re.compile(r"\d+(\s*,\s*\d+)*|\d+(\s*x\s*\d+)*", re.IGNORECASE)
_BRACKETED = re.compile(r"\[(.*)\]|\((.*)\)", re.DOTALL)
_EXAMPLE = "write sizes with commas, as in 1,3,224,224 ([] is a scalar)"


@dataclass(frozen=True, slots=True)
class InputSpec:
    """A tensor to make for the model.

    Attributes:
        shape: sizes of the dimensions; ``()`` is a scalar.
        dtype: torch's name for the element type.
        name: the keyword argument it is passed as, or None for the next positional one.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str | None = None


def parse_shape(text: str, dtype: str = "float32") -> InputSpec:
    """A shape such as ``2,384,32,32``, ``2x384x32x32``, ``[2, 384]`` or ``[]``, a scalar.

    Raises:
        InputError: it is none, a size is not positive, or there is no such dtype.
    """
    text = text.strip()
    bracketed = _BRACKETED.fullmatch(text)
    inside = (bracketed[1] or bracketed[2] or "").strip() if bracketed else text
    if bracketed and not inside:
        return InputSpec((), parse_dtype(dtype))
    if not _SIZES.fullmatch(inside):
        raise _unreadable(text)
    shape = tuple(map(int, re.findall(r"\d+", inside)))
    if 0 in shape:
        raise InputError(
            f"shape '{text}' has a size of 0, so there is nothing to count",
            hint="give every dimension a positive size",
        )
    return InputSpec(shape, parse_dtype(dtype))


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


def make_inputs(
    specs: Sequence[InputSpec], device: str
) -> tuple[tuple[torch.Tensor, ...], dict[str, torch.Tensor]]:
    """The tensors to call a model with: positional ones in order, and keywords by name.

    Floats are drawn from the normal distribution, the same each time, leaving torch's own random
    state alone. Integers and bools are zero, which indexes any embedding. On ``"meta"``, floats
    have no values; integers and bools are on the CPU, for their values are known.

    Raises:
        InputError: two specs have the same name, or one is too large for any memory.
    """
    positional = []
    keyword: dict[str, torch.Tensor] = {}
    for spec in specs:
        try:
            tensor = _make(spec, device)
        except (RuntimeError, TypeError) as error:  # torch has one for memory, one for overflow
            sizes = "x".join(map(str, spec.shape))
            raise InputError(
                f"cannot make an input of {sizes} {spec.dtype}: {str(error).splitlines()[0]}",
                hint="give it smaller sizes",
            ) from error
        if spec.name is None:
            positional.append(tensor)
        elif spec.name in keyword:
            raise InputError(f"there are two inputs named '{spec.name}'")
        else:
            keyword[spec.name] = tensor
    return tuple(positional), keyword


def _make(spec: InputSpec, device: str) -> torch.Tensor:
    # Here, not above: parsing a shape must not wait for torch.
    import torch

    dtype: torch.dtype = getattr(torch, spec.dtype)
    is_meta = device == "meta"
    if not dtype.is_floating_point and not dtype.is_complex:
        return torch.zeros(spec.shape, dtype=dtype, device="cpu" if is_meta else device)
    if is_meta:
        return torch.empty(spec.shape, dtype=dtype, device="meta")
    generator = torch.Generator(device).manual_seed(0)
    drawn = torch.complex64 if dtype.is_complex else torch.float32
    return torch.randn(spec.shape, dtype=drawn, device=device, generator=generator).to(dtype)


def _unreadable(text: str) -> InputError:
    if re.search(r"-\s*\d", text):
        return InputError(
            f"shape '{text}' has a negative size",
            hint="every size is a positive number: a batch of any size is written as 1",
        )
    meant = ",".join(re.findall(r"\d+", text))
    only_sizes = re.fullmatch(r"[\d\s,;:*x×/()\[\]]*", text, re.IGNORECASE)
    hint = f"did you mean '{meant}'?" if meant and only_sizes else _EXAMPLE
    return InputError(f"cannot read the shape '{text}'", hint=hint)
