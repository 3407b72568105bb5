"""Modules as records between commas or tabs: one to a line, exact figures, units in the header.

Fields are quoted as RFC 4180 says, where they have to be; lines end in a line feed alone, as those
of other text do. What is unknown is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from flopscope.report.characters import spelling
from flopscope.report.column import Column, Value, is_incomplete
from flopscope.report.columns import available_columns, columns_of
from flopscope.report.models import columns_of_models, models_of
from flopscope.report.modules import modules_of
from flopscope.report.rows import Row

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

COMPLETE = "complete"
"""Whether every operator is in ``macs`` and ``flops``: where not, they are lower bounds."""

Record: TypeAlias = "Sequence[Value]"
Write: TypeAlias = Callable[[Iterable[Record]], str]


def comma_separated(records: Iterable[Record]) -> str:
    """Records as text, fields in quotes where they hold a comma, a quote or a line break."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(records)
    return text.getvalue().removesuffix("\n")


def tab_separated(records: Iterable[Record]) -> str:
    """Records as text; no field holds a tab, and none is in quotes."""
    return "\n".join(
        "\t".join("" if value is None else str(value) for value in record) for record in records
    )


def render(report: Report, view: View, write: Write = comma_separated) -> str:
    """A record for each module, in all columns that have a figure, or those asked for."""
    rows = tuple(modules_of(report, view))
    if view.columns:
        columns = columns_of(report, view)
    else:
        columns = tuple(
            column for column in available_columns(report) if _says(column, rows, report)
        )
    others = [column for column in columns if column.name != "module"]
    spell = spelling(view)
    header = ["scope", "calls", *(column.key for column in others), COMPLETE]
    records = (
        [spell(row.spec.scope), row.calls, *_fields(others, row, report, spell)] for row in rows
    )
    return write([header, *records])


def render_tsv(report: Report, view: View) -> str:
    """The same between tabs."""
    return render(report, view, tab_separated)


def render_several(several: Several, view: View, write: Write = comma_separated) -> str:
    """A record for each model, and for each target that could not be profiled."""
    models = models_of(several.reports, view)
    name, *others = columns_of_models(models, view)
    spell = spelling(view)
    header = [name.key, *(column.key for column in others), COMPLETE, "failure"]
    records = [
        [spell(model.name), *_fields(others, model.row, model.report, spell), None]
        for model in models
    ]
    nothing: list[Value] = [None] * (len(others) + 1)
    failed = [
        [spell(failure.target), *nothing, spell(failure.message)] for failure in several.failures
    ]
    return write([header, *records, *failed])


def render_several_tsv(several: Several, view: View) -> str:
    """The same between tabs."""
    return render_several(several, view, tab_separated)


def _says(column: Column, rows: Iterable[Row], report: Report) -> bool:
    return any(column.value(row, report) is not None for row in rows)


def _fields(
    columns: Iterable[Column], row: Row, report: Report, spell: Callable[[str], str]
) -> list[Value]:
    values = [column.value(row, report) for column in columns]
    complete = "false" if is_incomplete(row, report) else "true"
    return [*(spell(value) if isinstance(value, str) else value for value in values), complete]
