"""Rows as the lines of a tree, in the order and with the guides that they are printed with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flopscope.report.column import Column, is_incomplete
from flopscope.report.columns import column_named
from flopscope.report.rows import Row, row_of

if TYPE_CHECKING:
    from flopscope.report import Report, View


@dataclass(frozen=True, slots=True)
class Line:
    """A row and the strokes that lead to it from the row it is part of."""

    guides: str
    row: Row


def outline(report: Report, columns: tuple[Column, ...], view: View) -> tuple[Line, ...]:
    """The lines of a report, the model first.

    A module's own work has a line where it adds to one of the columns.
    """
    order = column_named(view.sort, report) if view.sort else None
    additive = tuple(column for column in columns if column.kind in {"count", "arithmetic"})

    def inside(row: Row, guides: str) -> Iterator[Line]:
        shown = [child for child in row.children if child.kind == "module" or adds(child)]
        if order is not None:
            shown.sort(key=lambda child: rank(order, child, report))
        for child in shown:
            last = child is shown[-1]
            yield Line(guides + ("└─ " if last else "├─ "), child)
            yield from inside(child, guides + ("   " if last else "│  "))

    def adds(row: Row) -> bool:
        return is_incomplete(row, report) or any(column.value(row, report) for column in additive)

    root = row_of(report.profile.root, view)
    return (Line("", root), *inside(root, ""))


def rank(column: Column, row: Row, report: Report) -> tuple[bool, float, str]:
    """A row's place: numbers from the largest down, then what is unknown; texts by the alphabet."""
    value = column.value(row, report)
    if isinstance(value, str):
        return False, 0, value
    return value is None, -(value or 0), ""
