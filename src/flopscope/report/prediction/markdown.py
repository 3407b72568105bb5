"""Predictions in GitHub's Markdown: the devices in sight, and folded below them all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flopscope.report import View
from flopscope.report.characters import referenced
from flopscope.report.markdown import MOST_BYTES
from flopscope.report.markdown_text import code, fitted, folded, plain, table
from flopscope.report.prediction import PredictionReport
from flopscope.report.prediction.cells import Column, devices, modules, operators
from flopscope.report.prediction.several import Predictions, failed
from flopscope.report.prediction.times import three_times
from flopscope.report.prediction.words import (
    assumed,
    heading,
    limits,
    memory,
    notes,
    remedy_lines,
    warnings,
)
from flopscope.report.summary import Fact


def render(report: PredictionReport, view: View) -> str:
    """A table of devices, what to be careful about, and the rest where it is asked for."""
    sections = ((name, referenced(text, view)) for name, text in _sections(report, view) if text)
    return "\n\n".join(fitted(sections, MOST_BYTES))


def render_several(several: Predictions, view: View) -> str:
    """A row for each model on each device, what to be careful about, and what is assumed."""
    reports = several.reports
    said = [fact for fact in (failed(several), warnings(reports)) if fact]
    rest = [fact for fact in (assumed(reports), notes(reports)) if fact]
    sections = [
        ("models", _table(devices(reports, has_models=True))),
        ("warnings", _facts(said)),
        ("details", folded("Assumptions", _facts(rest))),
    ]
    shown = ((name, referenced(text, view)) for name, text in sections if text)
    return "\n\n".join(fitted(shown, MOST_BYTES))


def _sections(report: PredictionReport, view: View) -> Iterator[tuple[str, str]]:
    first = report.outlooks[0]
    name = first.prediction.device.name
    yield "target", f"### {code(report.target)}"
    yield "devices", _table(devices([report]))
    yield "warnings", _facts([fact for fact in (warnings([report]),) if fact])
    yield "limits", _facts([Fact(f"time on {name}", (limits(first),))])
    yield "would help", _facts([Fact("would help", tuple(remedy_lines(first.remedies)))])
    yield "modules", folded(f"Modules on {name}", _table(modules(first, view)))
    yield "operators", folded(f"Operators on {name}", _table(operators(first)))
    times = [
        Fact(f"{outlook.prediction.device.name}, {fact.label}", fact.lines)
        for outlook in report.outlooks
        for fact in three_times(outlook)
    ]
    said = [fact for fact in (memory(report), assumed([report]), notes([report])) if fact]
    rest = (*heading(report), *times, *said)
    yield "details", folded("Floor, roofline, estimate and assumptions", _facts(rest))


def _facts(facts: Iterable[Fact]) -> str:
    return "\n".join(
        f"- {plain(fact.label)}: {plain(line)}" for fact in facts for line in fact.lines
    )


def _table(columns: Sequence[Column]) -> str:
    rows = zip(*(column.cells for column in columns), strict=True)
    cells = ([code(first), *map(plain, (cell.strip() for cell in rest))] for first, *rest in rows)
    return table([plain(column.title) for column in columns], [c.in_words for c in columns], cells)
