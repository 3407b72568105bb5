"""A request to a model that is built, without its weights if it can be, and what to do with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flopscope import assumptions
from flopscope.constructing import built_for_counting
from flopscope.load.config_file import read_config
from flopscope.load.given import is_floating, parse_given
from flopscope.load.importing import loading
from flopscope.load.inputs import Inputs, parse_dtype
from flopscope.load.recipe import loss_named, optimizer_named
from flopscope.load.sources import Options, Source, resolve
from flopscope.load.target import TargetSpec, parse_target
from flopscope.measure.timing import Wanted
from flopscope.measurements import COMPILED, CUDA_GRAPH
from flopscope.planning import Mode, Plan
from flopscope.profiling import Subject, chosen_device
from flopscope.progress import Progress, silent
from flopscope.recipe import Recipe
from flopscope.request import Request
from flopscope.running import Runnable
from flopscope.trace import trace


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


def opened(request: Request, progress: Progress = silent) -> Opened:
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
        source = resolve(spec, options_of(request))
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
        notes=(*source.notes, *notes),
        assume=assumed,
        strict=request.strict,
        is_ours=not source.is_instance,
        progress=progress,
    )
    return Opened(spec, source, plan, subject, chosen)


def options_of(request: Request) -> Options:
    """What to make of a target that leaves something open."""
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
        _recipe(request) if request.train else None,
        wanted,
        request.peak,
        request.bandwidth,
        convention=request.convention,
        counter_time_limit=request.counter_time_limit,
    )


def _recipe(request: Request) -> Recipe:
    return Recipe(
        optimizer_named(request.optimizer),
        request.optimizer,
        None if request.loss is None else loss_named(request.loss),
        request.loss or "",
        request.accumulate,
        checkpoint=request.checkpoint,
    )
