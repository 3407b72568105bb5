"""How a report is to be shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """How to show a report.

    Attributes:
        depth: show modules down to this level (the root is 0), or None for all.
        columns: names of columns, or () for the default ones.
        sort: a column's name to order siblings by, largest first, or None for execution order.
        fold: show runs of identical blocks as one row.
        weight: what modules are drawn as large as, by its name, or None for the format's own.
        width: of the terminal in cells, or None to take as much as the content needs.
        color: style the text with ANSI codes.
        ascii: use ASCII characters alone.
    """

    depth: int | None = None
    columns: tuple[str, ...] = ()
    sort: str | None = None
    fold: bool = True
    weight: str | None = None
    width: int | None = None
    color: bool = False
    ascii: bool = False
