"""A report as a notebook shows it: a table without scripts or style sheets, which any viewer takes.

Jupyter, VS Code and GitHub differ in what they let an output do: frames, scripts and style sheets
are stripped by some. Tables and ``<details>`` are shown by all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flopscope.report.column import Column
from flopscope.report.columns import columns_of
from flopscope.report.html.facts import facts_of, said
from flopscope.report.outline import Line
from flopscope.report.shortened import shortened
from flopscope.report.summary import complaints, summary

if TYPE_CHECKING:
    from flopscope.report import Report, View

MOST_ROWS = 60


def render(report: Report, view: View) -> str:
    """What was not counted, the table of modules, and folded below it all that is said in words."""
    columns = columns_of(report, view)
    lines, left_out = shortened(report, columns, view, MOST_ROWS)
    bad = tuple(complaints(summary(report)))
    warning = f"<p><strong>{'<br>'.join(map(said, bad))}</strong></p>" if bad else ""
    more = (
        f"<p><em>Left out: {said(left_out)}; print(report) shows all.</em></p>" if left_out else ""
    )
    rows = "".join(_row(line, columns, report) for line in lines)
    return (
        f"<div><p><b>{said(report.target)}</b></p>{warning}"
        f"<table><thead>{_titles(columns)}</thead><tbody>{rows}</tbody></table>{more}"
        f"<details><summary>Totals, assumptions and notes</summary><dl>{facts_of(report)}</dl>"
        "</details></div>"
    )


def _titles(columns: Iterable[Column]) -> str:
    cells = (f'<th align="{_side(column)}">{said(column.title)}</th>' for column in columns)
    return f"<tr>{''.join(cells)}</tr>"


def _row(line: Line, columns: tuple[Column, ...], report: Report) -> str:
    cells = [said(column.cell(line.row, report)) for column in columns]
    cells[0] = f"{said(line.guides).replace(' ', '&nbsp;')}{cells[0]}"
    written = (
        f'<td align="{_side(column)}">{cell}</td>'
        for column, cell in zip(columns, cells, strict=True)
    )
    return f"<tr>{''.join(written)}</tr>"


def _side(column: Column) -> str:
    return "left" if column.in_words else "right"
