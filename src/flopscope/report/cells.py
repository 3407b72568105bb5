"""Columns of text beside each other, in lines of a width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flopscope.report.characters import shorten
from flopscope.report.fitting import GAP, Needs, fit


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A cell for each line.

    Attributes:
        title: what stands above them.
        cells: as a reader sees them.
        importance: where space is short, the least important goes first.
        in_words: whether its cells begin at the left.
        least: the width that its cells can be shortened to, or None where they can't be.
    """

    title: str
    cells: Sequence[str]
    importance: int
    in_words: bool = False
    least: int | None = None

    @property
    def needs(self) -> Needs:
        natural = max(len(self.title), *map(len, self.cells))
        return Needs(natural, min(natural, self.least or natural), self.importance)


@dataclass(frozen=True, slots=True)
class TextTable:
    """Lines of text, ruled below the titles and at the end, and the titles that did not fit."""

    lines: tuple[str, ...]
    left_out: tuple[str, ...]


def text_table(columns: Sequence[TextColumn], width: int | None, ellipsis: str = "…") -> TextTable:
    """The columns that fit in a width, the first one always."""
    widths = fit({column.title: column.needs for column in columns}, width)
    kept = [column for column in columns if column.title in widths]
    left_out = tuple(column.title for column in columns if column.title not in widths)
    return TextTable(tuple(_lines(kept, widths, ellipsis)), left_out)


def _lines(
    columns: Sequence[TextColumn], widths: Mapping[str, int], ellipsis: str
) -> Iterator[str]:
    rule = "─" * (sum(widths.values()) + GAP * (len(widths) - 1))
    yield _line(columns, (column.title for column in columns), widths, ellipsis)
    yield rule
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield _line(columns, cells, widths, ellipsis)
    yield rule


def _line(
    columns: Sequence[TextColumn], cells: Iterable[str], widths: Mapping[str, int], ellipsis: str
) -> str:
    shown = []
    for column, cell in zip(columns, cells, strict=True):
        width = widths[column.title]
        fitted = shorten(cell, width, ellipsis)
        shown.append(fitted.ljust(width) if column.in_words else fitted.rjust(width))
    return (" " * GAP).join(shown)
