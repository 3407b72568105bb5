"""A report as a tree table for a terminal, or as plain text for a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.table import Table
from rich.text import Text

from flopscope.report.characters import spelling
from flopscope.report.columns import Column
from flopscope.report.fitting import GAP
from flopscope.report.grid import Grid, Label, grid_of
from flopscope.report.legend import legend
from flopscope.report.rows import Row
from flopscope.report.summary import Fact, heading, summary

if TYPE_CHECKING:
    from flopscope.report import Report, View

_UNBOUNDED = 100_000
"""Cells to a line where nothing bounds it."""

_LABEL_WIDTH = len("convention")
"""So that all that is said above and below the table begins at the same place."""

_PLAIN, _BOLD, _DIM = Style(), Style(bold=True), Style(dim=True)
_OWN, _TIMES = Style(dim=True, italic=True), Style(color="cyan")
_TONES = {"plain": _PLAIN, "good": Style(color="green"), "bad": Style(color="red")}

_NOTHING = {"0", "0 B", "0.0", "0.0%", "-"}
"""Cells that step back, so that the others stand out."""


def render(report: Report, view: View) -> str:
    """The report as a heading, a table of its modules, and what else there is to say.

    Without a width nothing is shortened or wrapped; without colour it is plain text.
    """
    spell = spelling(view)
    grid = grid_of(report, view)
    written = io.StringIO()
    console = _console(written, view)
    console.print(Text(spell(report.target), style="bold"))
    console.print(_facts(heading(report), view))
    console.print()
    console.print(Segments(_table(grid, rule=spell("─"))), crop=False, end="")
    console.print(_facts(legend(grid), view), style="dim")
    console.print()
    console.print(_facts(summary(report), view))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def _console(file: io.StringIO, view: View) -> Console:
    """A console that knows nothing of the process's own terminal or environment."""
    return Console(
        file=file,
        width=view.width or _UNBOUNDED,
        force_terminal=view.color,
        color_system="standard" if view.color else None,
        no_color=not view.color,
        force_jupyter=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _facts(facts: Iterable[Fact], view: View) -> Table:
    spell = spelling(view)
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=_LABEL_WIDTH)
    table.add_column(overflow="fold")
    for fact in facts:
        for index, line in enumerate(fact.lines):
            label = "" if index else spell(fact.label)
            table.add_row(label, Text(spell(line), style=_TONES[fact.tone]))
    return table


def _table(grid: Grid, rule: str) -> Iterator[Segment]:
    """The grid between rules, with the model's own figures as totals at the foot.

    Its cells have their widths already: rich's own tables would measure each of them again, which
    takes minutes for a model of many experts.
    """
    label_column, *columns = grid.columns
    label_width = grid.widths[label_column.name]
    ruled = [Segment(rule * grid.width, _DIM), Segment.line()]

    def line(label: Sequence[Segment], cells: Sequence[str], style: Style) -> Iterator[Segment]:
        yield from label
        yield Segment(" " * (label_width - sum(len(part.text) for part in label)))
        for column, cell in zip(columns, cells, strict=True):
            yield Segment(" " * GAP + cell, style + _cell_style(column, cell))
        yield Segment.line()

    def total(column: Column) -> str:
        figure = grid.cells[column.name][0]
        return " " * len(figure) if column.in_words else figure

    yield from line([Segment(label_column.title, _BOLD)], grid.titles, _BOLD)
    yield from ruled
    for index, (row, label) in enumerate(zip(grid.rows, grid.labels, strict=True)):
        cells = [grid.cells[column.name][index] for column in columns]
        style = _row_style(row, label)
        yield from line(list(_label(row, label, style)), cells, style)
    yield from ruled
    yield from line([Segment("Total", _BOLD)], [total(column) for column in columns], _BOLD)


def _label(row: Row, label: Label, style: Style) -> Iterator[Segment]:
    yield Segment(label.guides, _DIM)
    yield Segment(label.name, style + (_OWN if row.kind == "own" else _PLAIN))
    if label.times:
        yield Segment(f" {label.times}", _TIMES)


def _row_style(row: Row, label: Label) -> Style:
    if not row.ran:
        return _DIM
    return _PLAIN if label.guides else _BOLD


def _cell_style(column: Column, cell: str) -> Style:
    return _DIM if column.in_words or cell.strip() in _NOTHING else _PLAIN
