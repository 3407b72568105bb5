"""A report as a tree table for a terminal, or as plain text for a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

from flopscope.report.characters import spelling
from flopscope.report.column import Column
from flopscope.report.fitting import GAP
from flopscope.report.grid import Grid, Label, grid_of, grid_of_several
from flopscope.report.legend import legend
from flopscope.report.rows import Row
from flopscope.report.summary import Fact, heading, summary, summary_of_several

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

_UNBOUNDED = 100_000
"""Cells to a line where nothing bounds it."""

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
    above, marks, below = tuple(heading(report)), tuple(legend(grid)), tuple(summary(report))
    labels = max(len(spell(fact.label)) for fact in (*above, *marks, *below))
    console = _console(view)
    with console.capture() as written:
        console.print(Text(spell(report.target), style=_BOLD))
        _print_facts(console, above, labels, view)
        console.print()
        console.print(Segments(_table(grid, rule=spell("─"), totals=True)), crop=False, end="")
        _print_facts(console, marks, labels, view, style=_DIM)
        console.print()
        _print_facts(console, below, labels, view)
    return "\n".join(line.rstrip() for line in written.get().splitlines())


def render_several(several: Several, view: View) -> str:
    """A line for each report, what is to be known of them, and what could not be profiled."""
    spell = spelling(view)
    grid = grid_of_several(several.reports, view) if several.reports else None
    marks = tuple(legend(grid)) if grid else ()
    below = tuple(summary_of_several(several))
    labels = max(len(spell(fact.label)) for fact in (*marks, *below))
    console = _console(view)
    with console.capture() as written:
        if grid:
            table = Segments(_table(grid, rule=spell("─"), totals=False))
            console.print(table, crop=False, end="")
            _print_facts(console, marks, labels, view, style=_DIM)
            console.print()
        _print_facts(console, below, labels, view)
    return "\n".join(line.rstrip() for line in written.get().splitlines())


def _console(view: View) -> Console:
    """A console that knows nothing of the process's own terminal or environment."""
    return Console(
        file=io.StringIO(),
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


def _print_facts(
    console: Console, facts: Iterable[Fact], labels: int, view: View, style: Style = _PLAIN
) -> None:
    """Labels to the left, and what there is to say of each wrapped beside it."""
    spell = spelling(view)
    indent = labels + GAP
    for fact in facts:
        label = spell(fact.label)
        for line in fact.lines:
            said = Text(spell(line), style=_TONES[fact.tone] + style)
            for part in said.wrap(console, max(console.width - indent, 1), overflow="fold"):
                console.print(Text.assemble((label.ljust(indent), _DIM), part), soft_wrap=True)
                label = ""


def _table(grid: Grid, rule: str, *, totals: bool) -> Iterator[Segment]:
    """The grid between rules, with the first line's figures as totals at the foot, if wanted.

    Its cells have their widths already: rich's own tables would measure each of them again, which
    takes minutes for a model of many experts.
    """
    label_column, *columns = grid.columns
    label_width = grid.widths[label_column.name]
    ruled = [Segment(rule * grid.width, _DIM), Segment.line()]

    def line(label: Iterable[Segment], cells: Iterable[Segment]) -> Iterator[Segment]:
        label = tuple(label)
        yield from label
        yield Segment(" " * (label_width - sum(len(part.text) for part in label)))
        for cell in cells:
            yield Segment(" " * GAP)
            yield cell
        yield Segment.line()

    def total(column: Column) -> str:
        figure = grid.cells[column.name][0]
        return " " * len(figure) if column.in_words else figure

    def bold(label: str, cells: Iterable[str]) -> Iterator[Segment]:
        return line([Segment(label, _BOLD)], (Segment(cell, _BOLD) for cell in cells))

    yield from bold(label_column.title, grid.titles)
    yield from ruled
    for index, (row, label) in enumerate(zip(grid.rows, grid.labels, strict=True)):
        style = _row_style(row, label)
        cells = ((column, grid.cells[column.name][index]) for column in columns)
        styled = (Segment(cell, style + _cell_style(column, cell)) for column, cell in cells)
        yield from line(_label(row, label, style), styled)
    yield from ruled
    if totals:
        yield from bold("Total", map(total, columns))


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
