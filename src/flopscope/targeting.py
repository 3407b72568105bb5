"""A request to a report: the model that it names is found, built, given inputs and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from torch import nn

from flopscope import assumptions
from flopscope.advice import advised, as_options
from flopscope.errors import FlopscopeError, InputError, NeedsValuesError, TraceError
from flopscope.load.applicable import idle_options
from flopscope.load.config_file import read_config
from flopscope.load.forward import check_inputs, inputs_to_give
from flopscope.load.given import candidates, is_floating, parse_given
from flopscope.load.importing import loading
from flopscope.load.inputs import Inputs, InputSpec, parse_dtype
from flopscope.load.sources import Options, Source, resolve
from flopscope.load.target import parse_target
from flopscope.measure.timing import Wanted
from flopscope.measurements import COMPILED, CUDA_GRAPH
from flopscope.profiling import (
    Subject,
    chosen_device,
    comparison_on,
    report_on,
    traced,
    traced_for_real,
)
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.report.counters import CounterComparison
from flopscope.request import GivenInputs, Request
from flopscope.running import Mode, Plan, Progress, Runnable, silent
from flopscope.trace import building, trace
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


def _counted(request: Request, progress: Progress) -> tuple[Subject, Trace, Plan]:
    """The model, what ran in a forward pass of it, and what else to do with it."""
    spec = parse_target(request.target, request.arguments)
    if request.config is not None:
        spec = replace(spec, settings=read_config(request.config))
    parse_given(request.inputs)
    options = _options(request)
    plan = _plan(request)
    assumed = assumptions.parse(request.assume)
    progress(f"importing {spec.path}")
    with loading():
        source = resolve(spec, options)
    progress(f"building {spec.path}")
    model, notes = _built_for_counting(source)
    model = plan.mode.prepared(model)
    chosen: list[Inputs] = []

    def runnable() -> Runnable:
        progress(f"building {spec.path} with its weights")
        real = plan.mode.prepared(source.build()).to(plan.device)
        args, kwargs = plan.mode.laid_out(chosen[-1].on(plan.device))
        progress(f"running {spec.path} on {plan.device}")
        return real, args, kwargs

    subject = Subject(
        request.target,
        model,
        runnable,
        assume=assumed,
        strict=request.strict,
        is_ours=not source.is_instance,
        progress=progress,
    )
    progress(f"counting {spec.path}")
    offered = candidates(request.inputs, source, model, options)
    found = _first_accepted(subject, plan, offered, chosen, request.inputs)
    made = (*source.notes, *notes, *chosen[-1].notes)
    idle = (f"{option} says nothing of this target" for option in idle_options(request))
    notes = (*made, *_left_out(chosen[0], chosen[-1]), *plan.mode.notes(), *idle)
    return replace(subject, notes=notes), found, plan


def _options(request: Request) -> Options:
    return Options(
        task=request.task,
        batch=request.inputs.batch,
        seq=request.inputs.seq,
        unsafe_pickle=request.unsafe_pickle,
        rehearse=trace,
    )


def _plan(request: Request) -> Plan:
    runs = request.time or bool(request.counters)
    device = chosen_device(request.device) if runs else "cpu"
    dtype = None if request.inputs.dtype is None else parse_dtype(request.inputs.dtype)
    mode = Mode(
        dtype=dtype if dtype is not None and is_floating(dtype) else None,
        train=request.train,
        autocast=None if request.autocast is None else parse_dtype(request.autocast),
        channels_last=request.channels_last,
    )
    ways = ((COMPILED, request.compiled), (CUDA_GRAPH, device.startswith("cuda")))
    variants = tuple(name for name, wanted in ways if wanted)
    wanted = Wanted(threads=request.threads, variants=variants)
    return Plan(
        request.counters,
        request.time,
        device,
        mode,
        request.module,
        wanted,
        request.peak,
        request.bandwidth,
        convention=request.convention,
        counter_time_limit=request.counter_time_limit,
    )


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


def _built_for_counting(source: Source) -> tuple[nn.Module, tuple[str, ...]]:
    """The model without weights, or with them where its constructor insists on values."""
    if source.is_instance:
        return source.build(), ()
    try:
        with building():
            return source.build(), ()
    except FlopscopeError as error:
        if not _for_want_of_values(error):
            raise
        model = source.build()
        return model, (f"built with its weights, since without them: {error.message}",)


def _for_want_of_values(error: BaseException | None) -> bool:
    """Whether some exception behind this one is torch's or ours about a tensor without values."""
    while error is not None:
        told = isinstance(error, RuntimeError) and "meta" in str(error)
        if told or isinstance(error, (NotImplementedError, NeedsValuesError)):
            return True
        error = error.__cause__ or error.__context__
    return False
