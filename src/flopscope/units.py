"""Quantities as text and back: ``"1.81 G"``, ``"312 TFLOP/s"``, ``"44.6 MiB"``, ``"3.21 ms"``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flopscope.errors import UsageError

_SI: Mapping[str, float] = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Z": 10**21,
    "Y": 10**24,
}
_IEC: Mapping[str, float] = {
    "": 1,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}
_SUBSECONDS: Mapping[str, float] = {"n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1}

_WRITTEN: Mapping[str, Mapping[str, float]] = {"B": _IEC, "s": _SUBSECONDS}
"""Prefixes that a unit is written with, smallest first. Every other unit has SI's."""

_READ: Mapping[str, float] = {**_SI, **_IEC, **_SUBSECONDS, "u": 1e-6, "K": 10**3}

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<suffix>.*)"
)


def format_quantity(value: float, unit: str = "", decimals: int | None = None) -> str:
    """A quantity with the prefix that leaves at most three digits before the point.

    Bytes (``"B"``) get IEC prefixes, seconds (``"s"``) those down to nano, all else SI.

    Args:
        value: in the unit without a prefix. A whole number that needs no prefix is written exactly.
        unit: such as ``"FLOP/s"``, or "" for a bare number.
        decimals: so many after the point, to line up in a column; None for 3 significant digits.
    """
    if value < 0:
        return "-" + format_quantity(-value, unit, decimals)
    digits, prefix = _scaled(value, _WRITTEN.get(unit, _SI), decimals)
    return f"{digits} {prefix}{unit}".rstrip()


def parse_quantity(text: str, unit: str = "") -> float:
    """The value of a quantity in its unit without a prefix, which the text may leave out.

    Bytes may be given with SI prefixes too: ``"1 MB"`` is a million.

    Raises:
        UsageError: the text is not a quantity in this unit.
    """
    match = _QUANTITY.fullmatch(text.strip())
    prefix = match["suffix"].removesuffix(unit) if match else ""
    if not match or prefix not in _READ:
        kind = f"a quantity in {unit}" if unit else "a number"
        raise UsageError(f"{text!r} is not {kind}", hint=f"write it like '1.5 G{unit}'")
    return float(re.sub("[,_]", "", match["number"])) * _READ[prefix]


def format_bytes(nbytes: int) -> str:
    """Bytes with 3 significant digits: ``"44.6 MiB"``."""
    return format_quantity(nbytes, "B")


def format_fixed(value: float, decimals: int, unit: str = "") -> str:
    """A number without a prefix; a positive one that would round to zero is ``"<0.1"``."""
    smallest = 10.0**-decimals
    if 0 < value < smallest / 2:
        return f"<{smallest:.{decimals}f}{unit}"
    return f"{value:,.{decimals}f}{unit}"


def format_mebibytes(nbytes: int) -> str:
    """Bytes in MiB whatever their size, so that several can be added up by eye."""
    return f"{nbytes / 2**20:,.2f} MiB"


def many(number: int, noun: str) -> str:
    """A number of things: ``"1 run"``, ``"1,000 runs"``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _scaled(value: float, prefixes: Mapping[str, float], decimals: int | None) -> tuple[str, str]:
    if value == 0 or (isinstance(value, int) and value < 1000):
        return f"{value:.0f}", ""
    for prefix, factor in prefixes.items():
        digits = _digits(value / factor, decimals)
        if float(digits) < 1000:  # after rounding: 999.996 k is 1.00 M
            return digits, prefix
    return digits, prefix


def _digits(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    if value >= 999.5:
        return f"{value:.0f}"
    return f"{value:#.3g}".removesuffix(".")
