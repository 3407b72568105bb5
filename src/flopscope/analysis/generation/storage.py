"""How weights and caches are stored: an element type or a quantised format, to bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flopscope.dtypes import BITS
from flopscope.errors import UsageError
from flopscope.records import TensorSpec
from flopscope.spelling import did_you_mean

MATRIX_DIMENSIONS = 2
"""A tensor of fewer dimensions (a bias, the scales of a norm) keeps its type when quantised."""


@dataclass(frozen=True, slots=True)
class Format:
    """How numbers are stored.

    Attributes:
        name: as it was asked for.
        bits: of an element.
        block: how many elements share a scale, or None for no scales that would count.
        scale_bits: of such a scale.
    """

    name: str
    bits: int
    block: int | None = None
    scale_bits: int = 0

    @property
    def described(self) -> str:
        """``"mxfp4 (4 bits, and 8 more for each 32 elements)"``."""
        scales = f", and {self.scale_bits} more for each {self.block} elements"
        return f"{self.name} ({self.bits} bits{scales if self.block else ''})"

    def nbytes(self, elements: int) -> int:
        """Bytes of so many elements, their scales included."""
        scales = -(-elements // self.block) if self.block else 0
        return -(-(elements * self.bits + scales * self.scale_bits) // 8)


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("fp32", 32),
        Format("fp16", 16),
        Format("bf16", 16),
        Format("fp8", 8),
        Format("int8", 8),
        Format("int6", 6),
        Format("int4", 4),
        Format("fp4", 4),
        Format("int3", 3),
        Format("int2", 2),
        # Open Compute Project, Microscaling Formats (MX) specification 1.0: 32 share 8 bits.
        Format("mxfp8", 8, block=32, scale_bits=8),
        Format("mxfp6", 6, block=32, scale_bits=8),
        Format("mxfp4", 4, block=32, scale_bits=8),
        # NVIDIA's Blackwell: 16 share an fp8 scale.
        Format("nvfp4", 4, block=16, scale_bits=8),
    )
}
"""The formats by name. Those that no standard fixes the scales of are counted without any."""


def format_named(name: str) -> Format:
    """A format by its name.

    Raises:
        UsageError: there is none of that name.
    """
    found = FORMATS.get(name.lower())
    if found is None:
        hint = did_you_mean(name, FORMATS) or f"it is one of {', '.join(FORMATS)}"
        raise UsageError(f"no format is known by the name of '{name}'", hint=hint)
    return found


@dataclass(frozen=True, slots=True)
class Storage:
    """What weights and caches are stored in; None for as the model has them.

    Attributes:
        weights: of floating-point parameters of two or more dimensions.
        cache: of floating-point tensors in a cache.
    """

    weights: Format | None = None
    cache: Format | None = None

    def weight_nbytes(self, spec: TensorSpec, elements: int) -> int:
        """Bytes of some of a parameter's elements, given the parameter or a view of it."""
        is_matrix = spec.ndim >= MATRIX_DIMENSIONS and _is_floating(spec.dtype)
        if self.weights is not None and is_matrix:
            return self.weights.nbytes(elements)
        return -(-elements * BITS[spec.dtype] // 8)

    def cache_nbytes(self, specs: Iterable[TensorSpec]) -> int:
        """Bytes of the tensors of a cache."""
        return sum(
            spec.nbytes
            if self.cache is None or not _is_floating(spec.dtype)
            else self.cache.nbytes(spec.numel)
            for spec in specs
        )


def storage_of(weights: str | None, cache: str | None) -> Storage:
    """What is stored in formats of these names; None for as the model has it.

    Raises:
        UsageError: there is no such format.
    """
    return Storage(
        None if weights is None else format_named(weights),
        None if cache is None else format_named(cache),
    )


def _is_floating(dtype: str) -> bool:
    return dtype.startswith(("float", "bfloat"))
