"""What the marks in a table stand for, and what was left out of it."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.report.grid import Grid
from flopscope.report.rows import OWN_NAME


def legend(grid: Grid) -> Iterator[str]:
    """One line on each thing in the table that needs saying, and only on those."""
    if any(row.calls > 1 for row in grid.rows):
        yield "×n  sum of n calls"
    if any(row.kind == "own" for row in grid.rows):
        yield f"{OWN_NAME}  what ran in the module itself, outside its children"
    if any("≥" in cell for cells in grid.cells.values() for cell in cells):
        yield "≥  without the work of operators that were not counted"
    if grid.left_out:
        titles = ", ".join(column.title for column in grid.left_out)
        yield f"not shown at this width: {titles}"
