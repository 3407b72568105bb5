"""A model that is counted, and run beside that where it is asked for, to a report."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import torch
from torch import nn

from flopscope import tree
from flopscope.analysis.causal import masked_macs
from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.ideal import ideals, main_dtype
from flopscope.analysis.reconciliation import reconcile
from flopscope.analysis.restatement import Restatement, restate
from flopscope.analysis.training import training_of
from flopscope.counters import COUNTERS, installed
from flopscope.errors import FlopscopeError, InputError, NeedsValuesError, TraceError, UsageError
from flopscope.guest import disposable
from flopscope.machine import Machine, given
from flopscope.measure.allocation import shortage
from flopscope.measure.limits import known_machine
from flopscope.measure.memory import available_bytes
from flopscope.measurements import Environment, Timing
from flopscope.planning import Plan
from flopscope.progress import Progress, silent
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.report.counters import CounterComparison
from flopscope.running import Runnable, run
from flopscope.trace import trace, trace_real, trace_real_step, trace_step
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
        progress: told what is being done.
    """

    name: str
    model: nn.Module
    runnable: Callable[[], Runnable]
    notes: tuple[str, ...] = ()
    assume: Mapping[str, float] = field(default_factory=dict)
    strict: bool = False
    is_ours: bool = False
    progress: Progress = silent


def traced(
    subject: Subject,
    plan: Plan,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Trace:
    """A trace without values: of a forward pass, in the stream of the plan.

    Raises:
        TraceError: the model raised; as NeedsValuesError where it might not have with values.
    """
    if plan.recipe is not None:
        recipe = plan.recipe_on("cpu")
        return trace_step(subject.model, args, kwargs, recipe, assume=subject.assume)
    started = perf_counter()
    with plan.mode.entered_in(plan.stream):
        found = trace(
            subject.model,
            args,
            kwargs,
            assume=subject.assume,
            module=plan.module,
            stream=plan.stream,
        )
    return replace(found, seconds=perf_counter() - started)


def traced_for_real(subject: Subject, plan: Plan, refused: NeedsValuesError) -> Trace:
    """A trace with values, of a model that cannot do without, where its weights fit.

    Raises:
        NeedsValuesError: they do not, or what it computes doesn't.
        TraceError: the model raised.
    """
    if plan.stream != "canonical":
        raise NeedsValuesError(
            refused.message, hint="what a GPU would run cannot be told without values"
        ) from refused
    needed = sum(parameter.nbytes for parameter in subject.model.parameters())
    available = available_bytes("cpu")
    if available is not None and needed > available:
        raise NeedsValuesError(
            refused.message,
            hint=f"it would have to run for real: its weights take {format_bytes(needed)},"
            f" where {format_bytes(available)} are available",
        ) from refused
    try:
        real = _executed(subject, plan)
    except (FlopscopeError, RuntimeError, MemoryError) as error:
        short = shortage(error)
        if short is None:
            raise
        hint = f"it would have to run for real, and on {plan.device} that was {short}"
        raise NeedsValuesError(refused.message, hint=hint) from error
    reason = refused.message
    note = f"counted by running it for real, since without values it cannot be ({reason})"
    return replace(real, notes=(*real.notes, note))


def _executed(subject: Subject, plan: Plan) -> Trace:
    runnable = subject.runnable()
    copied = runnable if subject.is_ours else disposable(*runnable)
    if plan.recipe is not None:
        return trace_real_step(*copied, plan.recipe_on(plan.device))
    with plan.mode.entered(plan.device):
        return trace_real(*copied, module=plan.module)


def report_on(subject: Subject, found: Trace, plan: Plan) -> Report:
    """The report of a trace, with what running the model says, as planned.

    Raises:
        IncompleteCountError: something was left out and ``strict`` was asked for.
        TraceError: the trace cannot be counted in the convention that was asked for.
    """
    counted = tree.profile(found)
    if subject.strict:
        counted.require_complete()
    restatement = _restatement(found, plan.convention)
    outcome = run(plan, counted, found, subject.runnable, subject.progress)
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
        restatement=restatement,
        training=training_of(found),
    )


_NOT_CANONICAL = (
    "the operators are those that autograd ran, which the rules of counters are not for"
)


def _restatement(found: Trace, convention: str | None) -> Restatement | None:
    """The trace in another convention, if one is wanted.

    Raises:
        TraceError: its operators are not those that the program called.
    """
    if convention is None:
        return None
    if found.stream != "canonical":
        raise TraceError(f"it cannot be counted as {convention}: {_NOT_CANONICAL}")
    return restate(found, convention)


def comparison_on(subject: Subject, found: Trace, plan: Plan) -> CounterComparison:
    """What the counters of a plan say beside the count of a trace, and what makes the difference.

    Raises:
        IncompleteCountError: something was left out and ``strict`` was asked for.
    """
    is_canonical = found.stream == "canonical"
    notes = () if is_canonical else (f"no difference is explained: {_NOT_CANONICAL}",)
    report = report_on(replace(subject, notes=(*subject.notes, *notes)), found, plan)
    readings = {reading.name: reading for reading in report.readings}
    reconciliations = {
        name: reconcile(found, CONVENTIONS[name], readings.get(name))
        for name in plan.counters
        if name in CONVENTIONS and is_canonical
    }
    absent = () if plan.counters != installed() else _not_installed()
    return CounterComparison(report, plan.counters, reconciliations, found.seconds, absent)


def _not_installed() -> tuple[str, ...]:
    return tuple(name for name in COUNTERS if name not in installed())


def _machine(plan: Plan, timing: Timing | None, found: Trace) -> Machine | None:
    """What the device allows: as measured before, as rated, or as the user says."""
    known = None
    if timing is not None:
        known = known_machine(timing.device, timing.device_name, timing.threads)
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
    """What a report is made with, on a device."""
    return Environment(
        flopscope=VERSION,
        torch=torch.__version__,
        python=platform.python_version(),
        device=device,
    )
