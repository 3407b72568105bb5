"""A model run for real beside being counted: its time and what other counters say, or why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.utils._pytree import tree_map

from flopscope.counters import read
from flopscope.errors import FlopscopeError
from flopscope.guest import disposable, undisturbed
from flopscope.measure.allocation import shortage
from flopscope.measure.clock import clock_of
from flopscope.measure.memory import available_bytes, needed_bytes, step_bytes
from flopscope.measure.steps import measure_steps
from flopscope.measure.timing import Wanted, measure, unheard
from flopscope.measure.variants import threads_used
from flopscope.measurements import INTERRUPTED, Reading, Timing
from flopscope.recipe import Recipe
from flopscope.records import Scope, Trace
from flopscope.request import COUNTER_TIME_LIMIT
from flopscope.trace.clocked import operator_seconds
from flopscope.tree import Profile
from flopscope.units import format_bytes

Progress: TypeAlias = Callable[[str], None]
"""Told what is being done, in a few words, whenever that changes."""

Runnable: TypeAlias = tuple[nn.Module, tuple[Any, ...], dict[str, Any]]
"""A model with its weights and the inputs to call it with, on one device."""


@dataclass(frozen=True, slots=True)
class Mode:
    """The state that a model is in when it runs.

    Attributes:
        dtype: torch's name of the floating-point type of its parameters, or None for their own.
        train: whether it is in training mode; None for the one it is in.
        autocast: the dtype that ``torch.autocast`` casts operators to, or None without.
        channels_last: whether it and its images have their channels last in memory.
    """

    dtype: str | None = None
    train: bool | None = None
    autocast: str | None = None
    channels_last: bool = False

    def prepared(self, model: nn.Module) -> nn.Module:
        """The model itself, changed."""
        if self.dtype is not None:
            model = model.to(getattr(torch, self.dtype))
        if self.channels_last:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # untyped in torch
        return model if self.train is None else model.train(self.train)

    def laid_out(self, values: Any) -> Any:
        """Inputs with channels last, where that is wanted: those of four dimensions."""
        if not self.channels_last:
            return values

        def last(leaf: Any) -> Any:
            is_image = isinstance(leaf, torch.Tensor) and leaf.dim() == 4
            return leaf.to(memory_format=torch.channels_last) if is_image else leaf

        return tree_map(last, values)

    def notes(self) -> Iterator[str]:
        """What a reader should know of it: how it differs from the default."""
        if self.dtype not in (None, "float32"):
            yield f"the model's parameters are {self.dtype}, as asked"
        if self.autocast is not None:
            yield f"operators are cast to {self.autocast} by torch.autocast"
        if self.channels_last:
            yield "channels are last in memory"
        if self.train:
            yield "the model is in training mode"

    def entered(self, device: str) -> AbstractContextManager[Any]:
        """What it runs under on a device."""
        if self.autocast is None:
            return nullcontext()
        kind = "cpu" if device == "meta" else torch.device(device).type
        return torch.autocast(kind, getattr(torch, self.autocast))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a model beside counting it.

    Attributes:
        counters: names of the other counters to ask.
        time: whether to measure it.
        device: where it runs.
        mode: the state it runs in.
        module: the part of it that is looked at; ``""`` is all of it.
        recipe: how it is trained, or None for a forward pass alone.
        wanted: what of its time to measure, and how well.
        peak: FLOP/s that the device does at most, or None for what is known of it.
        bandwidth: B/s that its memory moves at most, or None for what is known of it.
        convention: the one to restate the counts in, or None for ours alone.
        counter_time_limit: seconds after which a counter is given up.
    """

    counters: tuple[str, ...]
    time: bool
    device: str
    mode: Mode = field(default_factory=Mode)
    module: Scope = ""
    recipe: Recipe | None = None
    wanted: Wanted = field(default_factory=Wanted)
    peak: float | None = None
    bandwidth: float | None = None
    convention: str | None = None
    counter_time_limit: float = COUNTER_TIME_LIMIT

    def recipe_on(self, device: str) -> Recipe:
        """The recipe, with its forward passes in the mode's autocast.

        Raises:
            ValueError: the plan is of a forward pass alone.
        """
        if self.recipe is None:
            raise ValueError("no recipe: the plan is of a forward pass alone")
        return replace(self.recipe, cast=partial(self.mode.entered, device))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; the notes say why something is missing."""

    timing: Timing | None = None
    readings: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = ()


def silent(_step: str) -> None:
    """Nobody is waiting to be told."""


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
