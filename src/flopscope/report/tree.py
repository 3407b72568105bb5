"""A report as an indented tree of modules, each with its figures behind it, as models print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from flopscope.report.characters import spelling
from flopscope.report.column import Column
from flopscope.report.columns import columns_of
from flopscope.report.outline import Line, outline
from flopscope.report.summary import complaints, heading, summary

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

INDENT = "  "
GUIDE = 3
"""Characters of an outline's guides for each level."""

SHOWN = ("type", "output", "params", "macs", "flops", "time")
"""Columns of it, where the report shows them and no others are asked for."""

_NOTHING = {"", "-", "0", "0 B"}


def render(report: Report, view: View) -> str:
    """The target, a line for each row of the table, and below them what is not as it should be.

    A figure that is zero or unknown is left out.
    """
    spell = spelling(view)
    return "\n".join(spell(line) for line in _lines(report, view))


def render_several(several: Several, view: View) -> str:
    """One tree below the other, and what failed."""
    trees = [render(report, view) for report in several.reports]
    failed = [f"{failure.target}: {failure.message}" for failure in several.failures]
    return "\n\n".join([*trees, *map(spelling(view), failed)])


def _lines(report: Report, view: View) -> Iterator[str]:
    module, *others = columns_of(report, view)
    if not view.columns:
        others = [column for column in others if column.name in SHOWN]
    yield " · ".join((report.target, *(line for fact in heading(report) for line in fact.lines)))
    for line in outline(report, (module, *others), replace(view, width=None)):
        figures = ", ".join(_figures(line, others, report))
        name = module.cell(line.row, report)
        yield f"{INDENT * (len(line.guides) // GUIDE)}{name}{': ' if figures else ''}{figures}"
    yield from complaints(summary(report))


def _figures(line: Line, columns: Iterable[Column], report: Report) -> Iterator[str]:
    is_model = not line.guides
    for column in columns:
        cell = column.cell(line.row, report)
        if cell in _NOTHING or (is_model and column.name == "type"):
            continue
        yield cell if column.in_words else f"{column.title} {cell}"
