"""A request to a report: the model that it names is found, built, given inputs and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TypeAlias

from torch import nn

from flopscope import assumptions
from flopscope.advice import advised, as_options
from flopscope.errors import FlopscopeError, InputError, NeedsValuesError, TraceError
from flopscope.load.config_file import read_config
from flopscope.load.forward import check_inputs, inputs_to_give
from flopscope.load.given import candidates, is_floating, parse_given
from flopscope.load.importing import loading
from flopscope.load.inputs import Inputs, InputSpec, parse_dtype
from flopscope.load.sources import Options, Source, resolve
from flopscope.load.target import TargetSpec, parse_target
from flopscope.measure.timing import Wanted
from flopscope.profiling import Subject, chosen_device, report_on, traced, traced_for_real
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.request import GivenInputs, Request
from flopscope.running import Mode, Plan, Runnable
from flopscope.trace import building, trace
from flopscope.trace.diagnosis import Remedy

Progress: TypeAlias = Callable[[str], None]


def unheard(_step: str) -> None:
    """Nobody is waiting to be told."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A target that is found and built, to be counted on one input or on many.

    Attributes:
        spec: what was typed.
        source: where the model is from, and the inputs that are known there.
        plan: what to do with it beside counting.
        subject: the model.
        chosen: the inputs that were tried, the last ones accepted.
    """

    spec: TargetSpec
    source: Source
    plan: Plan
    subject: Subject
    chosen: list[Inputs]


def opened(request: Request, progress: Progress = unheard) -> Opened:
    """Import and build the model that a request names.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    spec = parse_target(request.target, request.arguments)
    if request.config is not None:
        spec = replace(spec, settings=read_config(request.config))
    parse_given(request.inputs)
    plan = _plan(request)
    assumed = assumptions.parse(request.assume)
    progress(f"importing {spec.path}")
    with loading():
        source = resolve(spec, _options(request))
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
        notes=(*source.notes, *notes),
        assume=assumed,
        strict=request.strict,
        is_ours=not source.is_instance,
    )
    return Opened(spec, source, plan, subject, chosen)


def profile_target(request: Request, progress: Progress = unheard) -> Report:
    """Import, build and count the model that a request names, and measure it if asked to.

    Args:
        request: the target, its inputs and what to do.
        progress: told what is being done, in a few words, whenever that changes.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    target = opened(request, progress)
    subject, plan, chosen = target.subject, target.plan, target.chosen
    progress(f"counting {target.spec.path}")
    offered = candidates(request.inputs, target.source, subject.model, _options(request))
    found = _first_accepted(subject, plan, offered, chosen, request.inputs)
    made = (*subject.notes, *chosen[-1].notes)
    notes = (*made, *_left_out(chosen[0], chosen[-1]), *plan.mode.notes())
    if not request.time:
        notes = (*notes, "time was not measured, as asked")
    return report_on(replace(subject, notes=notes), found, plan)


def counted_again(target: Opened, request: Request) -> Trace:
    """A trace of a model that is built on other inputs, which are left at the end of its chosen.

    Unlike a first count it is never by a real run, and what is refused gets no advice.

    Raises:
        InputError, TraceError: the model takes none of them.
    """
    options = _options(request)
    source = resolve(target.spec, options)
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
    ways = (("compiled", request.compiled), ("CUDA graph", device.startswith("cuda")))
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
