"""A model run for real beside being counted: its time and what other counters say, or why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import nn

from flopscope.counters import read
from flopscope.errors import FlopscopeError
from flopscope.guest import disposable, undisturbed
from flopscope.measure.allocation import shortage
from flopscope.measure.clock import clock_of
from flopscope.measure.memory import available_bytes, needed_bytes, step_bytes
from flopscope.measure.steps import measure_steps
from flopscope.measure.timing import measure, unheard
from flopscope.measure.variants import threads_used
from flopscope.measurements import INTERRUPTED, Reading, Timing
from flopscope.planning import Plan
from flopscope.progress import Progress, silent
from flopscope.records import Trace
from flopscope.trace.clocked import operator_seconds
from flopscope.tree import Profile
from flopscope.units import format_bytes

Runnable: TypeAlias = tuple[nn.Module, tuple[Any, ...], dict[str, Any]]
"""A model with its weights and the inputs to call it with, on one device."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; the notes say why something is missing."""

    timing: Timing | None = None
    readings: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = ()


def run(
    plan: Plan,
    profile: Profile,
    found: Trace,
    runnable: Callable[[], Runnable],
    progress: Progress = silent,
) -> Outcome:
    """Time a model and ask other counters about it, as planned, where it fits into memory.

    Args:
        plan: what to do.
        profile: its counts, which tell how much memory it takes.
        found: the trace that they are of.
        runnable: makes the model and its inputs; not called where nothing is to be run.
        progress: told which counter is asked.
    """
    if not plan.time and not plan.counters:
        return Outcome()
    obstacle = _obstacle(plan, profile, found)
    if obstacle:
        return Outcome(notes=(f"not run for real: {obstacle}",))
    try:
        model, args, kwargs = runnable()
    except Exception as error:  # noqa: BLE001 - building ran the user's code, moving may not fit
        return Outcome(notes=(f"not run for real: {_in_a_line(error)}",))
    if plan.recipe is not None:
        return _trained(plan, model, args, kwargs)
    with plan.mode.entered(plan.device):
        readings = tuple(_readings(plan, (model, args, kwargs), progress))
        return _timed(plan, readings, model, args, kwargs)


def _readings(plan: Plan, runnable: Runnable, progress: Progress) -> Iterator[Reading]:
    for name in plan.counters:
        progress(f"asking {name}")
        yield read(name, *runnable, plan.counter_time_limit).within(plan.module)


def _trained(
    plan: Plan, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Outcome:
    try:
        recipe = plan.recipe_on(plan.device)
        return Outcome(measure_steps(model, args, kwargs, plan.device, recipe, plan.wanted))
    except Exception as error:  # noqa: BLE001 - the user's model ran, and may raise anything
        return Outcome(notes=(f"time was not measured: {_in_a_line(error)}",))


def _timed(
    plan: Plan,
    readings: tuple[Reading, ...],
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Outcome:
    if not plan.time:
        return Outcome(readings=readings)
    try:
        wanted = replace(plan.wanted, module=plan.module)
        timing = measure(model, args, kwargs, plan.device, wanted)
        return Outcome(_with_operators(timing, plan, model, args, kwargs), readings)
    except Exception as error:  # noqa: BLE001 - the user's model ran, and may raise anything
        return Outcome(None, readings, (f"time was not measured: {_in_a_line(error)}",))


def _with_operators(
    timing: Timing, plan: Plan, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Timing:
    """The timing with the seconds of operators, unless the user would not wait for those."""
    if timing.is_interrupted:
        return timing
    clock = clock_of(torch.device(plan.device))
    model = getattr(model, "_orig_mod", model)  # a compiled model's original
    try:
        with undisturbed(), unheard(), threads_used(plan.wanted.threads):
            copied = disposable(model, args, kwargs, shared=model.parameters())
            seconds = operator_seconds(*copied, clock, module=plan.module)
    except KeyboardInterrupt:
        return replace(timing, notes=(*timing.notes, INTERRUPTED))
    except Exception as error:  # noqa: BLE001 - the user's model ran; what was measured stands
        note = f"operators were not timed: {_in_a_line(error)}"
        return replace(timing, notes=(*timing.notes, note))
    return replace(timing, operator_seconds=seconds)


def _obstacle(plan: Plan, profile: Profile, found: Trace) -> str:
    """Why the model cannot be run, or "" where it can."""
    if plan.device == "meta":
        return "the model has no weights (it is on the meta device)"
    available = available_bytes(plan.device)
    if found.step is not None:
        needed = step_bytes(profile, found.step, found.inputs.values())
    else:
        needed = needed_bytes(profile, found.inputs.values())
    if plan.counters:
        needed += profile.root.param_nbytes  # each is given a copy of its own
    if available is None or needed <= available:
        return ""
    return (
        f"that needs about {format_bytes(needed)} on {plan.device},"
        f" where {format_bytes(available)} are available"
    )


def _in_a_line(error: Exception) -> str:
    short = shortage(error)
    if short is not None:
        return short
    if isinstance(error, FlopscopeError):
        return error.message
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
