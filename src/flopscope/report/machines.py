"""Models on several machines side by side: a table of layers, and what makes the difference."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import TypeAlias

from flopscope.analysis.machines import Machines, Model
from flopscope.analysis.written import Written
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.characters import spelling
from flopscope.report.fitting import GAP
from flopscope.report.machines_surroundings import CLOCK
from flopscope.report.machines_table import table_of
from flopscope.report.machines_words import explanation
from flopscope.report.shapes import format_shape
from flopscope.units import many

RenderMachines: TypeAlias = Callable[[Machines, View], str]

MACHINES_FORMATS: Registry[RenderMachines] = Registry(
    {
        "table": "flopscope.report.machines:render",
        "json": "flopscope.report.machines_json:render",
    }
)
"""The formats of a single report, for machines."""


def render(machines: Machines, view: View) -> str:
    """For each model its machines, its layers, and what makes the difference."""
    spell = spelling(view)
    lines = [line for model in machines.models for line in (*_model(model, view), "")]
    lines.extend(_alone(machines))
    return "\n".join(spell(line).rstrip() for line in lines).rstrip()


def _model(model: Model, view: View) -> Iterator[str]:
    base = model.reports[0]
    yield f"{base.target} {base.module}".rstrip()
    yield from _facts([(report.name, (_described(report),)) for report in model.reports], view)
    yield ""
    table = table_of(model, view)
    yield from table.lines
    facts = [
        (f"{each.other.name} vs {base.name}", tuple(explanation(each)))
        for each in model.comparisons
    ]
    notes = tuple(
        f"{report.name}: {note}"
        for report in model.reports
        for note in (report.run.notes if report.run else ())
        if not note.startswith(CLOCK)
    )
    facts += [("notes", notes)] if notes else []
    facts += [("absent", (f"not in {', '.join(model.absent)}",))] if model.absent else []
    if table.left_out:
        facts += [("left out", (f"{', '.join(table.left_out)}: too wide for this terminal",))]
    yield ""
    yield from _facts(facts, view)


def _described(report: Written) -> str:
    """A machine, and the input that the model was given there."""
    run = report.run
    on = (run.device, run.device_name) if run else ("not measured",)
    threads = (many(run.threads, "thread"),) if run and run.device == "cpu" else ()
    shapes = ", ".join(f"{format_shape(shape)} {dtype}" for _, shape, dtype in report.inputs)
    parts = (*on, *threads, f"torch {report.versions['torch']}", shapes)
    return " · ".join(part for part in parts if part)


def _alone(machines: Machines) -> Iterator[str]:
    """What could not be compared."""
    for report in machines.alone:
        yield f"only in {report.name}: {report.target} {report.module}".rstrip()
    for machine in machines.machines:
        for target, message in machine.failures:
            yield f"failed in {machine.name}: {target}: {message}"


def _facts(facts: list[tuple[str, tuple[str, ...]]], view: View) -> Iterator[str]:
    """Labels to the left, and lines of each wrapped beside it."""
    indent = max((len(label) for label, _ in facts), default=0) + GAP
    width = max((view.width or 0) - indent, 20)
    for label, lines in facts:
        shown = label
        for line in lines:
            for part in textwrap.wrap(line, width) if view.width else [line]:
                yield f"{shown:<{indent}}{part}"
                shown = ""
