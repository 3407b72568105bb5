"""The kinds of arithmetic that devices are rated in, and which of them a type of number runs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from flopscope.dtypes import BITS

Arithmetic: TypeAlias = Literal[
    "fp64_vector",
    "fp64_matrix",
    "fp32_vector",
    "fp32_matrix",
    "tf32_matrix",
    "fp16_vector",
    "fp16_matrix",
    "fp16_matrix_fp16_accumulate",
    "bf16_matrix",
    "fp8_matrix",
    "fp8_matrix_fp16_accumulate",
    "fp4_matrix",
    "int8_matrix",
    "int4_matrix",
]
"""What is multiplied, and by which units: those for vectors, or those for matrix products.

Matrix units accumulate in fp32 (in int32 for integers) where the name does not say otherwise. All
rates are dense: of matrices without a pattern of zeros.
"""


def _floats(bits: int) -> tuple[str, ...]:
    return tuple(dtype for dtype in BITS if dtype.startswith(f"float{bits}_"))


_MATRIX: Mapping[str, tuple[Arithmetic, ...]] = {
    "float64": ("fp64_matrix", "fp64_vector"),
    "float32": ("fp32_matrix", "fp32_vector"),
    "tf32": ("tf32_matrix", "fp32_matrix", "fp32_vector"),
    "float16": ("fp16_matrix", "fp16_vector"),
    "bfloat16": ("bf16_matrix",),
    **dict.fromkeys(_floats(8), ("fp8_matrix",)),
    **dict.fromkeys(_floats(4), ("fp4_matrix",)),
    **dict.fromkeys(("int8", "uint8", "qint8", "quint8"), ("int8_matrix",)),
    **dict.fromkeys(("int4", "uint4", "quint4x2"), ("int4_matrix",)),
}

_VECTOR: Mapping[str, tuple[Arithmetic, ...]] = {
    "float64": ("fp64_vector",),
    # Kernels of torch convert the elements of narrower types, and compute in float32.
    **dict.fromkeys(("float32", "tf32", "float16", "bfloat16"), ("fp32_vector",)),
}


def matrix_arithmetic(dtype: str) -> tuple[Arithmetic, ...]:
    """What a matrix product of a type runs in: where a device lacks the first, in the next.

    Args:
        dtype: torch's name such as ``"bfloat16"``; or ``"tf32"`` for float32 that may be rounded.

    Returns:
        Nothing for a type that no device is rated in, such as ``"complex64"``.
    """
    return _MATRIX.get(dtype, ())


def vector_arithmetic(dtype: str) -> tuple[Arithmetic, ...]:
    """What an elementwise operator on a type runs in, as :func:`matrix_arithmetic` says it."""
    return _VECTOR.get(dtype, ())
