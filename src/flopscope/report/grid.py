"""A report's rows and columns as cells of text that fit the width of a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flopscope.report.characters import shorten, spelling
from flopscope.report.column import Column
from flopscope.report.columns import columns_of
from flopscope.report.fitting import GAP, Needs, align, fit
from flopscope.report.models import columns_of_models, models_of
from flopscope.report.outline import outline
from flopscope.report.rows import Row

if TYPE_CHECKING:
    from flopscope.report import Report, View

SHORTEST_NAME = 12
"""A name cut to fewer characters than this could be anybody's."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a row is called: strokes that lead to it, its name, and how often it ran."""

    guides: str
    name: str
    times: str

    def __len__(self) -> int:
        return len(str(self))

    def __str__(self) -> str:
        return f"{self.guides}{self.name} {self.times}".rstrip()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in which every cell but the labels is padded to its column's width.

    Attributes:
        columns: those that fit, the module's name first.
        widths: of those columns, by name.
        rows: what each line is about; the first is the model.
        labels: the first column, line by line.
        cells: the other columns by name, line by line.
        left_out: the columns that do not fit.
    """

    columns: tuple[Column, ...]
    widths: Mapping[str, int]
    rows: tuple[Row, ...]
    labels: tuple[Label, ...]
    cells: Mapping[str, tuple[str, ...]]
    left_out: tuple[Column, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """What stands above the cells of each column but the first."""
        _, *others = self.columns
        return tuple(_pad(column, column.title, self.widths[column.name]) for column in others)

    @property
    def width(self) -> int:
        return sum(self.widths.values()) + GAP * (len(self.widths) - 1)


def grid_of(report: Report, view: View) -> Grid:
    """The report as a table of the view's width, or as wide as its content where that has none.

    Where space is short, columns are left out, and names and types show an ellipsis; a number is
    never cut.
    """
    spell = spelling(view)
    columns = columns_of(report, view)
    entries = []
    for line in outline(report, columns, view):
        label = Label(spell(line.guides), spell(line.row.name), spell(line.row.times))
        entries.append(Entry(label, line.row, report))
    return _grid(entries, columns, view)


def grid_of_several(reports: Sequence[Report], view: View) -> Grid:
    """A line for each of several reports, in the columns that any of them has."""
    spell = spelling(view)
    models = models_of(reports, view)
    entries = [Entry(Label("", spell(model.name), ""), model.row, model.report) for model in models]
    return _grid(entries, columns_of_models(models, view), view)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a table: what it is called, what it is about, and the report that it is from."""

    label: Label
    row: Row
    report: Report


def _grid(entries: Sequence[Entry], columns: tuple[Column, ...], view: View) -> Grid:
    spell = spelling(view)
    ellipsis = spell("…")
    label_column, *others = (replace(column, title=spell(column.title)) for column in columns)
    labels = [entry.label for entry in entries]
    cells = {column.name: _cells(column, entries, spell) for column in others}
    needs = {label_column.name: _label_needs(label_column, labels, view)}
    needs |= {column.name: _needs(column, cells[column.name]) for column in others}
    widths = fit(needs, view.width)
    kept = [column for column in others if column.name in widths]

    def fitted(column: Column) -> tuple[str, ...]:
        width = widths[column.name]
        return tuple(
            _pad(column, shorten(cell, width, ellipsis), width) for cell in cells[column.name]
        )

    return Grid(
        columns=(label_column, *kept),
        widths=widths,
        rows=tuple(entry.row for entry in entries),
        labels=tuple(_cut(label, widths[label_column.name], ellipsis) for label in labels),
        cells={column.name: fitted(column) for column in kept},
        left_out=tuple(column for column in others if column.name not in widths),
    )


def _cells(column: Column, entries: Sequence[Entry], spell: Callable[[str], str]) -> list[str]:
    cells = [spell(column.cell(entry.row, entry.report)) for entry in entries]
    return cells if column.in_words else align(cells)


def _pad(column: Column, text: str, width: int) -> str:
    return text.ljust(width) if column.in_words else text.rjust(width)


def _label_needs(column: Column, labels: list[Label], view: View) -> Needs:
    """A name may take half of the width, and never gets shorter than is readable."""
    natural = max(len(column.title), *map(len, labels))
    readable = max(len(label) - max(0, len(label.name) - SHORTEST_NAME) for label in labels)
    half = (view.width or natural) // 2
    return Needs(natural, min(natural, max(readable, half)), column.importance)


def _needs(column: Column, cells: list[str]) -> Needs:
    natural = max(len(column.title), *map(len, cells))
    least = min(natural, SHORTEST_NAME) if column.kind == "name" else natural
    return Needs(natural, least, column.importance)


def _cut(label: Label, width: int, ellipsis: str) -> Label:
    room = width - len(label) + len(label.name)
    return Label(label.guides, shorten(label.name, room, ellipsis), label.times)
