"""A report's lines where there is room for some: whole levels are left out before rows are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flopscope.report.column import Column
from flopscope.report.outline import Line, outline
from flopscope.units import many

if TYPE_CHECKING:
    from flopscope.report import Report, View


def shortened(
    report: Report, columns: tuple[Column, ...], view: View, most_rows: int
) -> tuple[tuple[Line, ...], str]:
    """As many levels as there is room for, or the first rows of one; and what that leaves out."""
    every = outline(report, columns, view)
    if len(every) <= most_rows:
        return every, ""
    lines = shown = outline(report, columns, replace(view, depth=1))
    depth = 1
    while len(lines) <= most_rows:
        shown, depth = lines, depth + 1
        lines = outline(report, columns, replace(view, depth=depth))
    if shown is not lines:
        below = len(every) - len(shown)
        return shown, f"{many(below, 'row')} below level {depth - 1}"
    return lines[:most_rows], many(len(every) - most_rows, "row")
