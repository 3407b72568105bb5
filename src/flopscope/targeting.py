"""A request to a report: the model that it names is found, built, given inputs and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from torch import nn

from flopscope import assumptions
from flopscope.advice import advised, as_options
from flopscope.analysis.generation.bounds import Bounds, Installation
from flopscope.analysis.generation.generation import Workload
from flopscope.constructing import built_for_counting
from flopscope.errors import FlopscopeError, InputError, NeedsValuesError, TraceError
from flopscope.generating import generation_of
from flopscope.load.config_file import read_config
from flopscope.load.forward import check_inputs, inputs_to_give
from flopscope.load.given import candidates, is_floating, parse_given
from flopscope.load.importing import loading
from flopscope.load.inputs import Inputs, InputSpec, parse_dtype
from flopscope.load.sources import Options, resolve
from flopscope.load.target import parse_target
from flopscope.measure.timing import Wanted
from flopscope.profiling import (
    Subject,
    chosen_device,
    environment,
    report_on,
    traced,
    traced_for_real,
)
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.report.generation import GenerationReport
from flopscope.request import GivenInputs, Request
from flopscope.running import Mode, Plan, Runnable
from flopscope.trace import trace
from flopscope.trace.diagnosis import Remedy

Progress: TypeAlias = Callable[[str], None]


def _silent(_step: str) -> None:
    """Nobody is waiting to be told."""


def profile_target(request: Request, progress: Progress = _silent) -> Report:
    """Import, build and count the model that a request names, and measure it if asked to.

    Args:
        request: the target, its inputs and what to do.
        progress: told what is being done, in a few words, whenever that changes.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
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
    model, notes = built_for_counting(source)
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
    )
    progress(f"counting {spec.path}")
    offered = candidates(request.inputs, source, model, options)
    found = _first_accepted(subject, plan, offered, chosen, request.inputs)
    made = (*source.notes, *notes, *chosen[-1].notes)
    notes = (*made, *_left_out(chosen[0], chosen[-1]), *plan.mode.notes())
    if not request.time:
        notes = (*notes, "time was not measured, as asked")
    return report_on(replace(subject, notes=notes), found, plan)


def generation_of_target(
    request: Request,
    workload: Workload,
    installations: Sequence[Installation] = (),
    progress: Progress = _silent,
) -> GenerationReport:
    """Import and build the model that a request names, and count what it costs to generate text.

    Args:
        request: the target, what it is built with, and its type; it says nothing of inputs.
        workload: what to generate.
        installations: what to say how fast it could be on.
        progress: told what is being done, in a few words, whenever that changes.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    spec = parse_target(request.target, request.arguments)
    if request.config is not None:
        spec = replace(spec, settings=read_config(request.config))
    progress(f"importing {spec.path}")
    with loading():
        source = resolve(spec, _options(request))
    progress(f"building {spec.path}")
    model, notes = built_for_counting(source)
    mode = _plan(request).mode
    generation = generation_of(
        mode.prepared(model),
        workload,
        assume=assumptions.parse(request.assume),
        notes=(*source.notes, *notes, *mode.notes()),
        progress=progress,
    )
    bounds = tuple(Bounds(generation, each) for each in installations)
    return GenerationReport(request.target, environment("cpu"), generation, bounds)


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
