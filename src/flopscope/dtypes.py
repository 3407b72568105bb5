"""Torch's element types by name, and how much memory an element takes."""

from __future__ import annotations

from collections.abc import Mapping

_BY_BITS: Mapping[int, tuple[str, ...]] = {
    128: ("complex128",),
    64: ("float64", "int64", "uint64", "complex64"),
    32: ("float32", "int32", "uint32", "complex32", "qint32"),
    16: ("float16", "bfloat16", "int16", "uint16", "bits16"),
    8: (
        *("bool", "int8", "uint8", "qint8", "quint8", "bits8", "bits1x8", "bits2x4", "bits4x2"),
        *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
        "float4_e2m1fn_x2",  # two numbers to an element
        *(f"{sign}int{width}" for sign in ("", "u") for width in range(1, 8)),
    ),
    4: ("quint4x2",),
    2: ("quint2x4",),
}

BITS: Mapping[str, int] = {name: bits for bits, names in _BY_BITS.items() for name in names}
"""Bits of memory behind one element of each dtype."""
