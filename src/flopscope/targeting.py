"""A request to a report: the model that it names is found, built, given inputs and counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

from torch import nn

from flopscope.advice import advised, as_options
from flopscope.analysis.generation.bounds import Bounds, Installation
from flopscope.analysis.generation.generation import Workload
from flopscope.errors import FlopscopeError, InputError, NeedsValuesError, TraceError
from flopscope.generating import generation_of
from flopscope.load.applicable import idle_options
from flopscope.load.forward import check_inputs, inputs_to_give
from flopscope.load.given import candidates
from flopscope.load.inputs import Inputs, InputSpec
from flopscope.opening import Opened, opened, options_of
from flopscope.planning import Plan
from flopscope.predicting import Asked, both_layouts, predicted
from flopscope.profiling import (
    Subject,
    comparison_on,
    environment,
    report_on,
    traced,
    traced_for_real,
)
from flopscope.progress import Progress, silent
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.report.counters import CounterComparison
from flopscope.report.generation import GenerationReport
from flopscope.report.prediction import PredictionReport
from flopscope.request import GivenInputs, Request
from flopscope.trace import building
from flopscope.trace.diagnosis import Remedy


def profile_target(request: Request, progress: Progress = silent) -> Report:
    """Import, build and count the model that a request names, and measure it if asked to.

    Args:
        request: the target, its inputs and what to do.
        progress: told what is being done.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    subject, found, plan = _counted(request, progress)
    if not request.time:
        notes = (*subject.notes, "time was not measured, as asked")
        subject = replace(subject, notes=notes)
    return report_on(subject, found, plan)


def compare_target(request: Request, progress: Progress = silent) -> CounterComparison:
    """Count the model that a request names, ask its counters, and say what makes the difference.

    Args:
        request: the target, its inputs and the counters to ask.
        progress: told what is being done.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    return comparison_on(*_counted(replace(request, time=False), progress))


def generation_of_target(
    request: Request,
    workload: Workload,
    installations: Sequence[Installation] = (),
    progress: Progress = silent,
) -> GenerationReport:
    """Import and build the model that a request names, and count what it costs to generate text.

    Args:
        request: the target, what it is built with, and its type; it says nothing of inputs.
        workload: what to generate.
        installations: what to say how fast it could be on.
        progress: told what is being done.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    target = opened(request, progress)
    subject = target.subject
    generation = generation_of(
        subject.model,
        workload,
        assume=subject.assume,
        notes=(*subject.notes, *target.plan.mode.notes()),
        progress=progress,
    )
    bounds = tuple(Bounds(generation, each) for each in installations)
    return GenerationReport(request.target, environment("cpu"), generation, bounds)


def prediction_of_target(
    request: Request, asked: Asked, progress: Progress = silent
) -> PredictionReport:
    """Import and build the model that a request names, and predict its time on devices.

    Args:
        request: the target and its inputs.
        asked: the devices, and how the model is run on them.
        progress: told what is being done.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    target = opened(request, progress)
    plan = asked.planned(target.plan)
    progress(f"counting {target.spec.path}")
    subject, found = _counted_on(target, request, plan)
    step = None
    if asked.variant == "training":
        progress(f"counting a step of training of {request.target}")
        step = _counted(replace(request, train=True), progress)[1]
    progress(f"predicting {request.target}")
    both = both_layouts(target.subject, target.chosen[-1].on("meta"), plan, asked, found)
    return predicted(subject, both, plan, asked, step)


def _counted(request: Request, progress: Progress) -> tuple[Subject, Trace, Plan]:
    """The model, what ran in a forward pass of it, and what else to do with it."""
    target = opened(request, progress)
    progress(f"counting {target.spec.path}")
    return (*_counted_on(target, request, target.plan), target.plan)


def _counted_on(target: Opened, request: Request, plan: Plan) -> tuple[Subject, Trace]:
    """A model that is built with notes on what it was given, and what ran of it."""
    subject, chosen = target.subject, target.chosen
    offered = candidates(request.inputs, target.source, subject.model, options_of(request))
    found = _first_accepted(subject, plan, offered, chosen, request.inputs)
    idle = (f"{option} says nothing of this target" for option in idle_options(request))
    made = (*subject.notes, *chosen[-1].notes)
    notes = (*made, *_left_out(chosen[0], chosen[-1]), *plan.mode.notes(), *idle)
    return replace(subject, notes=notes), found


def counted_again(target: Opened, request: Request) -> Trace:
    """A trace of a model that is built on other inputs, which are left at the end of its chosen.

    Unlike a first count it is never by a real run, and what is refused gets no advice.

    Raises:
        InputError, TraceError: the model takes none of them.
    """
    source, options = target.source, options_of(request)
    # Inputs that a function makes can be as large as they like.
    with building() if request.inputs.function is not None else nullcontext():
        offered = list(candidates(request.inputs, source, target.subject.model, options))
    refused: list[tuple[Inputs, FlopscopeError]] = []
    for inputs in _with_repairs(iter(offered), refused):
        args, kwargs = target.plan.mode.laid_out(inputs.on("meta"))
        try:
            check_inputs(target.subject.model.forward, args, kwargs)
            found = traced(target.subject, target.plan, args, kwargs)
        except (TraceError, InputError) as error:
            refused.append((inputs, error))
        else:
            target.chosen.append(inputs)
            return found
    raise refused[0][1]


def _first_accepted(
    subject: Subject,
    plan: Plan,
    offered: Iterator[Inputs],
    chosen: list[Inputs],
    given: GivenInputs,
) -> Trace:
    """The trace on the first inputs that the model accepts, which are left at the end of chosen.

    Raises:
        InputError: it takes none of them, by its signature.
        TraceError: what it raised for the first ones, with a hint at others where some work.
    """
    refused: list[tuple[Inputs, FlopscopeError]] = []
    wanting: list[tuple[Inputs, NeedsValuesError]] = []
    for inputs in _with_repairs(offered, refused):
        chosen.append(inputs)
        args, kwargs = plan.mode.laid_out(inputs.on("meta"))
        try:
            check_inputs(subject.model.forward, args, kwargs)
            return traced(subject, plan, args, kwargs)
        except NeedsValuesError as error:
            wanting.append((inputs, error))
        except (TraceError, InputError) as error:
            refused.append((inputs, error))
    if not wanting:
        raise _with_advice(subject, plan, *refused[0], given)
    inputs, needs_values = wanting[0]
    chosen.append(inputs)
    return traced_for_real(subject, plan, needs_values)


def _with_repairs(
    offered: Iterator[Inputs], refused: list[tuple[Inputs, FlopscopeError]]
) -> Iterator[Inputs]:
    """The inputs, and behind each that is refused what its origin makes of the error."""
    for inputs in offered:
        before = len(refused)
        yield inputs
        if len(refused) > before and inputs.repaired is not None:
            yield from inputs.repaired(inputs, refused[-1][1].message)


def _left_out(likeliest: Inputs, accepted: Inputs) -> Iterator[str]:
    """That a model was counted without an image or a sound which it takes, if it was."""
    for name, value in likeliest.kwargs.items():
        if isinstance(value, InputSpec) and name not in accepted.kwargs:
            yield f"without {name}: the model refused all that were tried; --shape gives others"


def _with_advice(
    subject: Subject, plan: Plan, inputs: Inputs, error: FlopscopeError, given: GivenInputs
) -> FlopscopeError:
    if not isinstance(error, TraceError):
        return error
    if not inputs.args and not inputs.kwargs:
        return _without_inputs(error, subject.model)
    args, kwargs = inputs.on("meta")

    def worded(remedy: Remedy) -> str:
        return as_options(remedy, given, inputs)

    better = advised(error, subject, plan, args, kwargs, worded)
    if better is not error:
        better.__cause__ = error.__cause__
    return better


def _without_inputs(error: TraceError, model: nn.Module) -> TraceError:
    options = inputs_to_give(model)
    if not options:
        return error
    better = TraceError(error.message, hint=f"no inputs were given: try {options}")
    better.__cause__ = error.__cause__
    return better
