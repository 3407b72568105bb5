"""A report in GitHub's Markdown, of a size that a comment may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from flopscope.report.characters import referenced
from flopscope.report.column import Column
from flopscope.report.columns import columns_of
from flopscope.report.markdown_text import code, fitted, folded, plain, table
from flopscope.report.models import columns_of_models, models_of
from flopscope.report.outline import Line
from flopscope.report.rows import Row
from flopscope.report.shortened import shortened
from flopscope.report.summary import Fact, heading, summary, summary_of_several
from flopscope.tree import OperatorTotal
from flopscope.units import format_bytes, format_quantity, many

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

MOST_BYTES = 65_536
"""What GitHub takes as a comment."""

MOST_ROWS = (100, 50, 25, 12, 6)
"""Of the table: the first of these that fits."""

MOST_OPERATORS = 30
MOST_LINES = 10
"""Of one fact: a model may have thousands of assumptions."""

_AT_A_GLANCE = {"params", "MACs", "FLOPs", "time"}
"""Labels of facts that are not folded."""


def render(report: Report, view: View) -> str:
    """Totals and what was left out, a table of modules, and folded below it all the rest.

    Where the table would be too long, it ends at a shallower level, and says so.
    """
    facts = tuple(summary(report))
    in_sight = [fact for fact in facts if fact.label in _AT_A_GLANCE or fact.tone == "bad"]
    details = [fact for fact in (*heading(report), *facts) if fact not in in_sight]
    sections = (
        ("target", f"### {code(f'{report.target} {report.module}'.rstrip())}"),
        ("totals", _facts(in_sight)),
        ("modules", _shortest(lambda most_rows: _modules(report, view, most_rows))),
        ("operators", folded("Operators", _operators(report))),
        ("details", folded("Input, memory, conventions and notes", _facts(details))),
    )
    return "\n\n".join(
        fitted(((name, referenced(each, view)) for name, each in sections), MOST_BYTES)
    )


def render_several(several: Several, view: View) -> str:
    """A row for each model, and below the table what holds for all of them."""
    models = models_of(several.reports, view)
    facts = tuple(summary_of_several(several))
    sections = [
        ("failures", _facts(fact for fact in facts if fact.tone == "bad")),
        ("details", folded("Details", _facts(fact for fact in facts if fact.tone != "bad"))),
    ]
    if models:
        columns = columns_of_models(models, view)
        rows = [
            [code(model.name), *(_cell(each, model.row, model.report) for each in columns[1:])]
            for model in models
        ]
        sections.insert(0, ("models", _shortest(lambda most: _cut(columns, rows, most))))
    return "\n\n".join(
        fitted(((name, referenced(each, view)) for name, each in sections), MOST_BYTES)
    )


def _shortest(table_of: Callable[[int], str]) -> str:
    """A table of as many rows as half of the text holds."""
    tables = map(table_of, MOST_ROWS)
    return next((each for each in tables if len(each.encode()) <= MOST_BYTES // 2), "")


def _cut(columns: Sequence[Column], rows: Sequence[Sequence[str]], most_rows: int) -> str:
    left_out = len(rows) - most_rows
    more = f"\n\n*And {many(left_out, 'more model')}.*" if left_out > 0 else ""
    return _table(columns, rows[:most_rows]) + more


def _modules(report: Report, view: View, most_rows: int) -> str:
    columns = columns_of(report, view)
    lines, left_out = shortened(report, columns, view, most_rows)
    rows = [
        [_label(line), *(_cell(column, line.row, report) for column in columns[1:])]
        for line in lines
    ]
    told = [_table(columns, rows)]
    if left_out:
        told.append(f"*Left out: {left_out}; `--depth` and other formats show them.*")
    return "\n\n".join(told)


def _label(line: Line) -> str:
    name = f"{line.row.name} {line.row.times}".rstrip()
    return code(f"{line.guides}{name}")


def _cell(column: Column, row: Row, report: Report) -> str:
    """A figure does not come apart from its unit where a line is short."""
    shown = plain(column.cell(row, report))
    return shown if column.in_words else shown.replace(" ", "&nbsp;")


def _table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    titles = [plain(column.title) for column in columns]
    return table(titles, [column.in_words for column in columns], rows)


def _operators(report: Report) -> str:
    shown = report.operators[:MOST_OPERATORS]
    more = len(report.operators) - len(shown)
    listed = table(
        ["Operator", "Coverage", "Calls", "MACs", "FLOPs", "Moved"],
        [True, True, False, False, False, False],
        map(_operator, shown),
    )
    return f"{listed}\n\n*And {many(more, 'more operator')}.*" if more else listed


def _operator(total: OperatorTotal) -> Sequence[str]:
    is_counted = total.coverage != "uncounted"
    arithmetic = (total.cost.macs, total.cost.flops)
    figures = [format_quantity(figure, decimals=2) if is_counted else "-" for figure in arithmetic]
    coverage = total.coverage if is_counted else "**NOT counted**"
    moved = format_bytes(total.cost.bytes_moved)
    return [code(total.op), coverage, f"{total.calls:,}", *figures, moved]


def _facts(facts: Iterable[Fact]) -> str:
    """A list of labels and lines, what is not as it should be in a box of its own before it."""
    told = {"bad": "", "other": ""}
    for fact in facts:
        lines = [plain(line) for line in fact.lines[:MOST_LINES]]
        more = len(fact.lines) - MOST_LINES
        lines += [f"and {many(more, 'more line')}"] if more > 0 else []
        if fact.tone == "bad":
            told["bad"] += f"> **{plain(fact.label)}**: {'<br>'.join(lines)}<br>\n"
        else:
            told["other"] += f"- **{plain(fact.label)}**: {'<br>'.join(lines)}\n"
    box = f"> [!WARNING]\n{told['bad']}" if told["bad"] else ""
    return "\n\n".join(part.rstrip() for part in (box, told["other"]) if part)
