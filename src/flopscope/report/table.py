"""A report as a tree table for a terminal, or as plain text for a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flopscope.report.characters import spelling
from flopscope.report.fitting import GAP
from flopscope.report.grid import Grid, Label, grid_of
from flopscope.report.legend import legend
from flopscope.report.rows import Row
from flopscope.report.summary import Fact, heading, summary

if TYPE_CHECKING:
    from flopscope.report import Report, View

_UNBOUNDED = 100_000
"""Cells to a line where nothing bounds it."""

_RULED = Box("    \n    \n────\n    \n    \n────\n    \n    \n")
_RULED_IN_ASCII = Box("    \n    \n----\n    \n    \n----\n    \n    \n", ascii=True)

_TONES = {"plain": "", "good": "green", "bad": "red"}


def render(report: Report, view: View) -> str:
    """The report as a heading, a table of its modules, and what else there is to say.

    Without a width nothing is shortened or wrapped; without colour it is plain text.
    """
    spell = spelling(view)
    grid = grid_of(report, view)
    console = _console(view)
    console.print(Text(spell(report.target), style="bold"))
    console.print(_facts(heading(report), view))
    console.print()
    console.print(_table(grid, view), crop=False)
    for line in legend(grid):
        console.print(Text(spell(line), style="dim"))
    console.print()
    console.print(_facts(summary(report), view))
    written = console.file.getvalue()
    return "\n".join(line.rstrip() for line in written.splitlines())


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


def _facts(facts: Iterable[Fact], view: View) -> Table:
    spell = spelling(view)
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for fact in facts:
        label, tone = fact.label, _TONES[fact.tone]
        for line in fact.lines:
            table.add_row(spell(label), Text(spell(line), style=tone))
            label, tone = "", "" if fact.tone == "good" else tone
    return table


def _table(grid: Grid, view: View) -> Table:
    """The grid between rules, with the model's own figures as totals at the foot."""
    total = len(grid.rows) > 1
    table = Table(
        box=_RULED_IN_ASCII if view.ascii else _RULED,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
        show_footer=total,
        border_style="dim",
        header_style="bold",
        footer_style="bold",
    )
    label_column, *others = grid.columns
    table.add_column(label_column.title, "Total", no_wrap=True)
    for column in others:
        text = column.kind == "text"
        table.add_column(
            Text(column.title, justify="left" if text else "right"),
            "" if text else grid.cells[column.name][0],
            justify="left" if text else "right",
            style="dim" if text else "",
            no_wrap=True,
        )
    for index, (row, label) in enumerate(zip(grid.rows, grid.labels, strict=True)):
        cells = [grid.cells[column.name][index] for column in others]
        table.add_row(_label(row, label), *map(Text, cells), style=_style(row, label))
    return table


def _label(row: Row, label: Label) -> Text:
    name = Text(label.name, style="italic dim" if row.kind == "own" else "")
    times = Text(f" {label.times}" if label.times else "", style="cyan")
    return Text.assemble((label.guides, "dim"), name, times)


def _style(row: Row, label: Label) -> str:
    if not row.ran:
        return "dim"
    return "" if label.guides else "bold"
