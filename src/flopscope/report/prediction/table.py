"""Predictions as tables for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flopscope.report import View
from flopscope.report.cells import TextColumn, TextTable, text_table
from flopscope.report.characters import spelling
from flopscope.report.grid import SHORTEST_NAME
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
    tiers,
    warnings,
    ways,
)
from flopscope.report.stated import indent_of, stated
from flopscope.report.summary import Fact


def render(report: PredictionReport, view: View) -> str:
    """Three times for each device, a table of devices, and of the first its modules, operators."""
    return "\n".join(line.rstrip() for line in _lines(report, view))


def render_several(several: Predictions, view: View) -> str:
    """A table of models on devices, and how far to trust it."""
    reports = several.reports
    table = _table(devices(reports, has_models=True), view)
    facts = [failed(several), warnings(reports), assumed(reports), notes(reports), tiers(reports)]
    if table.left_out:
        facts.append(Fact("left out", (f"{', '.join(table.left_out)}: {NO_ROOM}",)))
    known = [fact for fact in facts if fact is not None]
    above = tuple(ways(reports))
    indent = indent_of((*above, *known), view)
    lines = (*stated(above, indent, view), "", *table.lines, "", *stated(known, indent, view))
    return "\n".join(line.rstrip() for line in lines)


NO_ROOM = "too wide for this terminal"


def _lines(report: PredictionReport, view: View) -> Iterator[str]:
    first = report.outlooks[0]
    above = tuple(heading(report))
    tables = {
        "devices": _table(devices([report]), view),
        "modules": _table(modules(first, view), view),
        "operators": _table(operators(first), view),
    }
    below = [fact for fact in _below(report, tables) if fact is not None]
    times = [three_times(outlook) for outlook in report.outlooks]
    indent = indent_of((*above, *times[0], *below), view)
    spell = spelling(view)
    yield spell(report.target)
    yield from stated(above, indent, view)
    for outlook, facts in zip(report.outlooks, times, strict=True):
        yield ""
        yield spell(outlook.prediction.device.name)
        yield from stated(facts, indent, view)
    yield ""
    yield from tables["devices"].lines
    yield ""
    if len(report.outlooks) > 1:
        yield spell(f"On {first.prediction.device.name}:")
    yield from tables["modules"].lines
    yield ""
    yield from tables["operators"].lines
    yield ""
    yield from stated(below, indent, view)


def _below(report: PredictionReport, tables: dict[str, TextTable]) -> Iterator[Fact | None]:
    first = report.outlooks[0]
    yield Fact("limits", (limits(first),))
    helps = tuple(remedy_lines(first.remedies))
    if helps:
        yield Fact("would help", helps)
    yield warnings([report])
    yield memory(report)
    yield assumed([report])
    yield notes([report])
    missing = [title for table in tables.values() for title in table.left_out]
    if missing:
        yield Fact("left out", (f"{', '.join(missing)}: {NO_ROOM}",))


def _table(columns: Sequence[Column], view: View) -> TextTable:
    spell = spelling(view)
    texts = [
        TextColumn(
            spell(column.title),
            [spell(cell) for cell in column.cells],
            column.importance,
            in_words=column.in_words,
            least=(SHORTEST_NAME if place else 2 * SHORTEST_NAME) if column.is_name else None,
        )
        for place, column in enumerate(columns)
    ]
    table = text_table(texts, view.width, spell("…"))
    return TextTable(tuple(spell(line) for line in table.lines), table.left_out)
