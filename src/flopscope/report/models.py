"""The models of several reports, each a row, and the columns that say something of any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flopscope.report.column import Column
from flopscope.report.columns import available_columns, columns_of
from flopscope.report.outline import rank
from flopscope.report.rows import Row, row_of

if TYPE_CHECKING:
    from flopscope.report import Report, View

_OF_ONE_REPORT = {"module", "share"}
"""Columns that say nothing of a whole report."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model among others: what it is called, its figures, and the report that they are from."""

    name: str
    row: Row
    report: Report


def models_of(reports: Sequence[Report], view: View) -> tuple[Model, ...]:
    """Each report's model, in the view's order, or else as they came."""
    models = [
        Model(
            f"{report.target} {report.module}".rstrip(),
            row_of(report.profile.root, replace(view, depth=0)),
            report,
        )
        for report in reports
    ]
    if view.sort is not None:
        column = _available(reports)[view.sort]
        models.sort(key=lambda model: rank(column, model.row, model.report))
    return tuple(models)


def columns_of_models(models: Sequence[Model], view: View) -> tuple[Column, ...]:
    """The name's column, and those that any of the models has, or that the view asks for."""
    reports = [model.report for model in models]
    columns = _available(reports)
    shown = {column.name for report in reports for column in columns_of(report, view)}
    if not view.columns:
        shown = (shown | {"input", "bytes"}) - {"type", "output"}
        shown |= {
            name
            for name, column in columns.items()
            if column.of_models and has_figure(column, models)
        }
    others = (column for name, column in columns.items() if name in shown - _OF_ONE_REPORT)
    return (replace(columns["module"], title="Target", key="target"), *others)


def has_figure(column: Column, models: Sequence[Model]) -> bool:
    """Whether a column knows something of one of these."""
    return any(column.value(model.row, model.report) is not None for model in models)


def _available(reports: Sequence[Report]) -> dict[str, Column]:
    return {column.name: column for report in reports for column in available_columns(report)}
