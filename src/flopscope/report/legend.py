"""What the marks in a table stand for, and what was left out of it."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.report.grid import Grid
from flopscope.report.rows import OWN_NAME
from flopscope.report.summary import Fact


def legend(grid: Grid) -> Iterator[Fact]:
    """Each thing in the table that needs saying, and only those that are in it."""
    if any(row.times for row in grid.rows):
        yield Fact("×n", ("sum of n calls",))
    if any(row.kind == "own" for row in grid.rows):
        yield Fact(OWN_NAME, ("what the module itself runs and holds, outside its children",))
    if any("≥" in cell or ">=" in cell for cells in grid.cells.values() for cell in cells):
        yield Fact("≥", ("without the work of operators that were not counted",))
    if any(column.name == "error" for column in grid.columns):
        yield Fact("±", ("how far the median time may be off, at 95% confidence",))
    if grid.left_out:
        titles = ", ".join(column.title for column in grid.left_out)
        yield Fact("left out", (f"{titles}: too wide for this terminal",))
