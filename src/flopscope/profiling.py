"""A model that is counted, and run beside that where it is asked for, to a report."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from flopscope import tree
from flopscope.analysis.causal import masked_macs
from flopscope.analysis.ideal import ideals, main_dtype
from flopscope.devices import reported_device
from flopscope.errors import InputError, NeedsValuesError, UsageError
from flopscope.guest import disposable
from flopscope.machine import Machine, given, measured, rated
from flopscope.measure.memory import available_bytes
from flopscope.measure.peak_cache import cached_peaks
from flopscope.measurements import Environment, Timing
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.running import Plan, Runnable, run
from flopscope.trace import trace, trace_real
from flopscope.units import format_bytes
from flopscope.version import VERSION


@dataclass(frozen=True, slots=True)
class Subject:
    """A model to be counted.

    Attributes:
        name: as the user called it.
        model: with or without weights.
        runnable: makes the model with its weights, and its inputs, on the device of the plan.
        notes: what a reader should know of how it was made.
        assume: numbers for rules of ``flopscope.assumptions``.
        strict: whether an operator without a formula is an error.
        is_ours: whether what ``runnable`` makes is made anew, and may be changed.
    """

    name: str
    model: nn.Module
    runnable: Callable[[], Runnable]
    notes: tuple[str, ...] = ()
    assume: Mapping[str, float] = field(default_factory=dict)
    strict: bool = False
    is_ours: bool = False


def traced(subject: Subject, plan: Plan, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Trace:
    """A trace without values.

    Raises:
        TraceError: the model raised; as NeedsValuesError where it might not have with values.
    """
    with plan.mode.entered("cpu"):
        return trace(subject.model, args, kwargs, assume=subject.assume, module=plan.module)


def traced_for_real(subject: Subject, plan: Plan, refused: NeedsValuesError) -> Trace:
    """A trace with values, of a model that cannot do without, where its weights fit.

    Raises:
        NeedsValuesError: they do not.
        TraceError: the model raised.
    """
    needed = sum(parameter.nbytes for parameter in subject.model.parameters())
    available = available_bytes("cpu")
    if available is not None and needed > available:
        raise NeedsValuesError(
            refused.message,
            hint=f"it would have to run for real: its weights take {format_bytes(needed)},"
            f" where {format_bytes(available)} are available",
        ) from refused
    runnable = subject.runnable()
    with plan.mode.entered(plan.device):
        copied = runnable if subject.is_ours else disposable(*runnable)
        real = trace_real(*copied, module=plan.module)
    reason = refused.message
    note = f"counted by running it for real, since without values it cannot be ({reason})"
    return replace(real, notes=(*real.notes, note))


def report_on(subject: Subject, found: Trace, plan: Plan) -> Report:
    """The report of a trace, with what running the model says, as planned.

    Raises:
        IncompleteCountError: something was left out and ``strict`` was asked for.
    """
    counted = tree.profile(found)
    if subject.strict:
        counted.require_complete()
    outcome = run(plan, counted, found.inputs, subject.runnable)
    machine = _machine(plan, outcome.timing, found)
    return Report(
        target=subject.name,
        inputs=tuple(found.inputs.items()),
        environment=environment(plan.device),
        profile=counted,
        module=plan.module,
        assumptions=found.assumptions,
        notes=(*subject.notes, *found.notes, *_causal_note(found), *outcome.notes),
        timing=outcome.timing,
        ideals=None if machine is None else ideals(found, machine),
        readings=outcome.readings,
    )


def _machine(plan: Plan, timing: Timing | None, found: Trace) -> Machine | None:
    """What the device allows: as measured before, as rated, or as the user says."""
    known = None
    if timing is not None:
        peaks = cached_peaks(timing.device, timing.threads)
        device = reported_device(timing.device_name)
        known = measured(peaks) if peaks else rated(device) if device else None
    if plan.peak is None and plan.bandwidth is None:
        return known
    return given(known, plan.peak, plan.bandwidth, main_dtype(found))


def chosen_device(device: str) -> str:
    """A device that is here: ``"auto"`` is CUDA where there is one.

    Raises:
        UsageError: models are not run on such a device.
        InputError: it is not here.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"there is no device {device!r}", hint=_DEVICES) from error
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise InputError(f"there is no {device} here", hint="use the device cpu")
    if chosen.type not in ("cpu", "cuda", "meta"):
        raise UsageError(f"models are not run on {device!r}", hint=_DEVICES)
    return device


_DEVICES = "it is one of auto, cpu, cuda and cuda:N"


def _causal_note(found: Trace) -> tuple[str, ...]:
    masked = masked_macs(found)
    if not masked:
        return ()
    return (f"causal attention is counted dense: {masked:,} MACs of it are on masked scores",)


def environment(device: str) -> Environment:
    """What a report is made with."""
    return Environment(
        flopscope=VERSION,
        torch=torch.__version__,
        python=platform.python_version(),
        device=device,
    )
