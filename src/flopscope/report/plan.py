"""A plan of a training as text and as JSON, schema ``flopscope.train-plan/1``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flopscope.analysis.plan import TrainingPlan
from flopscope.report.characters import printable, to_ascii
from flopscope.units import format_bytes, format_fixed, format_quantity, many

SCHEMA = "flopscope.train-plan/1"

_LABEL = 12
"""Cells for what a line is about."""


def render(target: str, plan: TrainingPlan, *, ascii_only: bool) -> str:
    """The plan in words and figures, without a line break at its end."""
    spell = to_ascii if ascii_only else printable
    return "\n".join(spell(line).rstrip() for line in (target, "", *_lines(plan)))


def _lines(plan: TrainingPlan) -> Iterator[str]:
    yield from _terms(plan)
    yield ""
    for label, lines in (
        ("training", _training(plan)),
        ("FLOPs", _flops(plan)),
        ("time", _time(plan)),
        ("memory", _memory(plan)),
        ("assumed", _assumed(plan)),
    ):
        for place, line in enumerate(lines):
            yield f"{'' if place else label:<{_LABEL}}{line}"


def _terms(plan: TrainingPlan) -> Iterator[str]:
    """From the rule of thumb to the count, for the step that was counted."""
    rule = plan.terms[0].flops
    rows = [
        (term.meaning, f"{term.flops:+,}", format_fixed(100 * term.flops / rule, 1, "%"))
        for term in plan.terms
        if term.flops
    ]
    total = format_fixed(100 * plan.step_flops / rule, 1, "%")
    counted = f"one step of {many(plan.units_per_step, plan.goal.noun)}, counted"
    rows.append((counted, f"{plan.step_flops:,}", total))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for place, (meaning, flops, share) in enumerate(rows):
        if place == len(rows) - 1:
            yield "─" * (sum(widths) + 4)
        yield f"{meaning:<{widths[0]}}  {flops:>{widths[1]}}  {share:>{widths[2]}}"


def _training(plan: TrainingPlan) -> Iterator[str]:
    noun = plan.goal.noun
    yield (
        f"{many(plan.goal.units, noun)} / {many(plan.global_batch, noun)} for each step of the"
        f" optimizer = {many(plan.steps, 'step')}"
    )


def _flops(plan: TrainingPlan) -> Iterator[str]:
    against = plan.flops / plan.rule_flops - 1
    yield f"{format_quantity(plan.flops, 'FLOPs')} counted"
    yield (
        f"{format_quantity(plan.rule_flops, 'FLOPs')} by 6 × params × {plan.goal.noun}s, of"
        f" {format_quantity(plan.params)} params: the count is {against:+.1%} against it"
    )
    again = plan.flops - plan.model_flops
    if again:
        yield f"{format_quantity(again, 'FLOPs')} of them are computed a second time"


def _time(plan: TrainingPlan) -> Iterator[str]:
    fleet = plan.fleet
    yield (
        f"{format_fixed(plan.days, 1)} days on {fleet.count:,} × {fleet.device}"
        f" = {format_fixed(plan.device_hours, 0)} device-hours"
    )


def _memory(plan: TrainingPlan) -> Iterator[str]:
    taken, there = format_bytes(plan.memory_nbytes), plan.fleet.memory_nbytes
    if there is None:
        yield f"{taken} on each device for the counted step, if nothing is sharded"
        return
    fits = "which fits" if plan.memory_nbytes <= there else "which does NOT fit"
    yield (
        f"{taken} on each device for the counted step, if nothing is sharded,"
        f" {fits} into {format_bytes(there)}"
    )


def _assumed(plan: TrainingPlan) -> Iterator[str]:
    fleet, goal = plan.fleet, plan.goal
    yield (
        f"{format_quantity(fleet.peak_flops_per_second, 'FLOP/s')} peak of each device in"
        f" {fleet.arithmetic} ({fleet.source})"
    )
    yield (
        f"{format_fixed(100 * fleet.utilisation, 1, '%')} of it attained, in FLOPs that are not"
        " computed a second time (model FLOPs utilisation)"
    )
    yield (
        f"{goal.noun}s are counted by the {plan.unit_source}, and each costs what it does in the"
        " counted step"
    )
    if goal.global_batch is None:
        yield "each device makes the counted step, and the optimizer one for all of them"
    yield "attention is counted dense; communication, input and evaluation are part of the share"


def document(target: str, plan: TrainingPlan) -> str:
    """The same as JSON text."""
    fleet, goal = plan.fleet, plan.goal
    written: dict[str, Any] = {
        "schema": SCHEMA,
        "target": target,
        "unit": goal.noun,
        "unit_source": plan.unit_source,
        "units": goal.units,
        "units_per_counted_step": plan.units_per_step,
        "global_batch": plan.global_batch,
        "steps": plan.steps,
        "params": plan.params,
        "terms": [{"meaning": term.meaning, "flops": term.flops} for term in plan.terms],
        "step_flops": plan.step_flops,
        "flops": plan.flops,
        "model_flops": plan.model_flops,
        "rule_flops": plan.rule_flops,
        "device": fleet.device,
        "device_count": fleet.count,
        "peak_flops_per_second": fleet.peak_flops_per_second,
        "arithmetic": fleet.arithmetic,
        "peak_source": fleet.source,
        "model_flops_utilisation": fleet.utilisation,
        "seconds": plan.seconds,
        "days": plan.days,
        "device_hours": plan.device_hours,
        "memory_bytes": plan.memory_nbytes,
        "device_memory_bytes": fleet.memory_nbytes,
    }
    return json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False)
