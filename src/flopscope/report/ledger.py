"""Rows of a name and figures as a plain table: names to the left, figures below each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flopscope.report.fitting import GAP, Needs, fit

NOTHING = "-"
"""In the place of a figure that is not known, or that there is none of."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A table to be.

    Attributes:
        titles: of the columns.
        rows: a cell for each of them.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """A table in lines, and the titles of the columns that did not fit."""

    lines: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def laid(ledger: Ledger, width: int | None, spell: Callable[[str], str]) -> Laid:
    """A ledger in lines of a width, or as wide as it is; columns to the right give way first."""
    columns = [
        [spell(cell) for cell in column] for column in zip(ledger.titles, *ledger.rows, strict=True)
    ]
    widest = [max(map(len, column)) for column in columns]
    needs = {
        str(place): Needs(cells, cells, importance=-place) for place, cells in enumerate(widest)
    }
    kept = [int(name) for name in fit(needs, width)]
    rule = spell("─") * (sum(widest[place] for place in kept) + GAP * (len(kept) - 1))
    lines = list(_lines([columns[place] for place in kept]))
    left_out = tuple(title for place, title in enumerate(ledger.titles) if place not in kept)
    return Laid((lines[0], rule, *lines[1:]), left_out)


def _lines(columns: Sequence[Sequence[str]]) -> Iterator[str]:
    first, *others = columns
    left = max(map(len, first))
    widths = [max(map(len, column)) for column in others]
    for name, *cells in zip(first, *others, strict=True):
        shown = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        yield (" " * GAP).join((name.ljust(left), *shown)).rstrip()
