"""The curves of a sweep drawn in characters."""

from __future__ import annotations

import math
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flopscope.analysis.sweep.rows import Sweep
from flopscope.report.characters import printable, to_ascii
from flopscope.report.sweep import SweepView
from flopscope.report.sweep.columns import BY_NAME, curves
from flopscope.units import format_quantity

WIDTH, HEIGHT, NARROWEST = 80, 16, 20
MARKS = string.ascii_lowercase + string.ascii_uppercase
NO_MARK = " "

FACTOR_OF_LOGARITHMS = 50
"""Values that differ by more than this are drawn on a logarithmic axis."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values along a line of characters.

    Attributes:
        low, high: the values at its ends.
        cells: its length in characters.
        is_logarithmic: whether equal steps are equal factors.
    """

    low: float
    high: float
    cells: int
    is_logarithmic: bool

    def cell(self, value: float) -> int:
        """The character nearest to a value between the ends."""
        if self.high == self.low:
            return 0
        if self.is_logarithmic:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return round(part * (self.cells - 1))


def scale_of(values: Sequence[float], cells: int) -> Scale:
    """The scale that values fill."""
    low, high = min(values), max(values)
    return Scale(low, high, cells, is_logarithmic=low > 0 and high / low > FACTOR_OF_LOGARITHMS)


def plot(sweep: Sweep, view: SweepView, height: int = HEIGHT) -> str:
    """A column against a symbol, a letter for each curve, and which letter is which.

    Where curves share a place, the first is seen. The vertical axis begins at 0, unless it is
    logarithmic.
    """
    spell = to_ascii if view.ascii else printable
    against, lines = curves(sweep, view)
    if not lines:
        return ""
    column = BY_NAME[view.plotted]
    points = [point for line in lines.values() for point in line]
    heights = [value for _, value in points]
    up = scale_of(heights, height)
    if not up.is_logarithmic:
        up = scale_of([0, *heights], height)
    labels = {
        0: format_quantity(up.low, column.unit),
        height - 1: format_quantity(up.high, column.unit),
    }
    margin = max(map(len, labels.values()))
    width = max((view.width or WIDTH) - margin - 2, NARROWEST)
    across = scale_of([size for size, _ in points], width)
    marks = dict(zip(lines, [*MARKS, *NO_MARK * len(lines)], strict=False))
    text = [
        f"{column.title} against {against}{_said(across, up)}",
        "",
        *_rows(_filled(lines, marks, across, up), labels, margin),
        *_axis(across, margin),
        *(_legend(marks) if len(lines) > 1 else ()),
    ]
    return "\n".join(spell(line).rstrip() for line in text)


def _said(across: Scale, up: Scale) -> str:
    logarithmic = [
        name
        for name, scale in (("horizontally", across), ("vertically", up))
        if scale.is_logarithmic
    ]
    return f", logarithmic {' and '.join(logarithmic)}" if logarithmic else ""


def _filled(
    lines: Mapping[str, Sequence[tuple[int, float]]],
    marks: Mapping[str, str],
    across: Scale,
    up: Scale,
) -> list[list[str]]:
    rows = [[" "] * across.cells for _ in range(up.cells)]
    for label, line in reversed(list(lines.items())):
        for size, value in line:
            rows[up.cell(value)][across.cell(size)] = marks[label]
    return rows


def _rows(rows: Sequence[Sequence[str]], labels: Mapping[int, str], margin: int) -> Iterator[str]:
    for row in range(len(rows) - 1, -1, -1):
        tick = "┤" if row in labels else "│"
        yield f"{labels.get(row, ''):>{margin}} {tick}{''.join(rows[row])}"


def _axis(across: Scale, margin: int) -> Iterator[str]:
    low, high = f"{across.low:,.0f}", f"{across.high:,.0f}"
    yield f"{'':{margin}} └{'─' * across.cells}"
    yield f"{'':{margin}}  {low}{high:>{across.cells - len(low)}}"


def _legend(marks: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield from (f"{mark}  {label}" for label, mark in marks.items())
