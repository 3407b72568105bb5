"""A model run for real beside being counted: its time and what other counters say, or why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import nn

from flopscope.counters import read
from flopscope.errors import FlopscopeError
from flopscope.measure.memory import available_bytes, needed_bytes
from flopscope.measure.timing import measure
from flopscope.records import Reading, TensorSpec, Timing
from flopscope.tree import Profile
from flopscope.units import format_bytes

Runnable: TypeAlias = tuple[nn.Module, tuple[Any, ...], dict[str, Any]]
"""A model with its weights and the inputs to call it with, on one device."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a model beside counting it.

    Attributes:
        counters: names of the other counters to ask.
        time: whether to measure it.
        device: where it runs.
    """

    counters: tuple[str, ...]
    time: bool
    device: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; the notes say why something is missing."""

    timing: Timing | None = None
    readings: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = ()


def run(
    plan: Plan,
    profile: Profile,
    inputs: Mapping[str, TensorSpec],
    runnable: Callable[[], Runnable],
) -> Outcome:
    """Time a model and ask other counters about it, as planned, where it fits into memory.

    Args:
        plan: what to do.
        profile: its counts, which tell how much memory it takes.
        inputs: what it is called with.
        runnable: makes the model and its inputs; not called where nothing is to be run.
    """
    if not plan.time and not plan.counters:
        return Outcome()
    obstacle = _obstacle(plan, profile, inputs)
    if obstacle:
        return Outcome(notes=(f"not run for real: {obstacle}",))
    try:
        model, args, kwargs = runnable()
    except Exception as error:  # noqa: BLE001 - building ran the user's code, moving may not fit
        return Outcome(notes=(f"not run for real: {_in_a_line(error)}",))
    readings = tuple(read(name, model, args, kwargs) for name in plan.counters)
    if not plan.time:
        return Outcome(readings=readings)
    try:
        return Outcome(measure(model, args, kwargs, plan.device), readings)
    except Exception as error:  # noqa: BLE001 - the user's model ran, and may raise anything
        return Outcome(None, readings, (f"time was not measured: {_in_a_line(error)}",))


def _obstacle(plan: Plan, profile: Profile, inputs: Mapping[str, TensorSpec]) -> str:
    """Why the model cannot be run, or "" where it can."""
    if plan.device == "meta":
        return "the model has no weights (it is on the meta device)"
    available = available_bytes(plan.device)
    needed = needed_bytes(profile, inputs.values())
    if plan.counters:
        needed += profile.root.param_nbytes  # each is given a copy of its own
    if available is None or needed <= available:
        return ""
    return (
        f"that needs about {format_bytes(needed)} on {plan.device},"
        f" where {format_bytes(available)} are available"
    )


def _in_a_line(error: Exception) -> str:
    if isinstance(error, FlopscopeError):
        return error.message
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
