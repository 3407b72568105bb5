"""From a model or a target to a report: what the commands and the Python interface call."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from flopscope import assumptions, tree
from flopscope.analysis.causal import masked_macs
from flopscope.counters import check_counters
from flopscope.errors import FlopscopeError, InputError, NeedsValuesError, TargetError, UsageError
from flopscope.guest import disposable
from flopscope.load.forward import check_inputs
from flopscope.load.inputs import make_inputs, parse_shape
from flopscope.load.target import Source, parse_target, resolve
from flopscope.measure.memory import available_bytes
from flopscope.records import Environment, Trace
from flopscope.report import Report
from flopscope.request import Request
from flopscope.running import Plan, Runnable, run
from flopscope.trace import building, trace, trace_real
from flopscope.units import format_bytes
from flopscope.version import VERSION

Progress = Callable[[str], None]


def _silent(_step: str) -> None:
    """Nobody is waiting to be told."""


def profile(
    model: nn.Module,
    args: tuple[Any, ...] | torch.Tensor = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    time: bool = False,
    device: str = "auto",
    counters: Sequence[str] = (),
    assume: Mapping[str, float] | None = None,
    strict: bool = False,
) -> Report:
    """Count what one forward pass of a model costs, module by module.

    The model is left as it was found, and no arithmetic is done unless it is asked for.

    Args:
        model: may lie on any device, the meta device included.
        args: positional inputs, or a single tensor.
        kwargs: keyword inputs.
        time: also run a copy of the model and measure it.
        device: where to run it: ``"auto"`` is where the model is.
        counters: names of other counters to ask, of ``flopscope.counters.COUNTERS``.
        assume: what to take for values that depend on the data, in the place of the defaults of
            ``flopscope.assumptions``.
        strict: raise where an operator has no formula.

    Raises:
        TargetError: that is no model.
        TraceError: the model raised.
        IncompleteCountError: something was left out and ``strict`` was asked for.
        UsageError: there is no such counter or device.
    """
    _check_model(model)
    args = (args,) if isinstance(args, torch.Tensor) else tuple(args)
    kwargs = dict(kwargs or {})
    counters = check_counters(counters)
    where = _device_of(model) if device == "auto" else _chosen_device(device)
    plan = Plan(counters, time, where)

    def runnable() -> Runnable:
        if where == _device_of(model):
            return model, args, kwargs
        moved = disposable(model, args, kwargs)
        return _moved(moved, where)

    assumed = assumptions.parse(f"{name}={value}" for name, value in (assume or {}).items())
    traced = _traced(model, args, kwargs, assumed, lambda: disposable(model, args, kwargs))
    return _report(type(model).__name__, traced, plan, runnable, strict=strict)


def profile_target(request: Request, progress: Progress = _silent) -> Report:
    """Import, build and count the model that a request names, and measure it if asked to.

    Args:
        request: the target, its inputs and what to do.
        progress: told what is being done, in a few words, whenever that changes.

    Raises:
        FlopscopeError: see its subclasses: what failed and what to do.
    """
    specs = tuple(parse_shape(text, request.dtype) for text in request.shapes)
    spec = parse_target(request.target, request.arguments)
    assumed = assumptions.parse(request.assume)
    runs = request.time or bool(request.counters)
    device = _chosen_device(request.device) if runs else "cpu"
    progress(f"importing {spec.path}")
    source = resolve(spec)
    progress(f"building {spec.path}")
    model, notes = _built_for_counting(source)
    if not request.time:
        notes = (*notes, "time was not measured, as asked")
    progress(f"counting {spec.path}")
    args, kwargs = make_inputs(specs, "meta")
    check_inputs(model.forward, args, kwargs)

    def runnable() -> Runnable:
        progress(f"building {spec.path} with its weights")
        real = (source.build().eval(), *make_inputs(specs, device))
        progress(f"running {spec.path} on {device}")
        return _moved(real, device)

    traced = _traced(model, args, kwargs, assumed, runnable)
    plan = Plan(request.counters, request.time, device)
    return _report(request.target, traced, plan, runnable, strict=request.strict, notes=notes)


def _traced(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    assumed: Mapping[str, float],
    runnable: Callable[[], Runnable],
) -> Trace:
    """A trace without values, or with them where the model cannot do without and they fit."""
    try:
        return trace(model, args, kwargs, assume=assumed)
    except NeedsValuesError as error:
        needed = sum(parameter.nbytes for parameter in model.parameters())
        available = available_bytes("cpu")
        if available is not None and needed > available:
            raise NeedsValuesError(
                error.message,
                hint=f"it would have to run for real: its weights take {format_bytes(needed)},"
                f" where {format_bytes(available)} are available",
            ) from error
        reason = error.message
    real = trace_real(*runnable())
    note = f"counted by running it for real, since without values it cannot be ({reason})"
    return replace(real, notes=(*real.notes, note))


def _report(
    target: str,
    traced: Trace,
    plan: Plan,
    runnable: Callable[[], Runnable],
    *,
    strict: bool,
    notes: tuple[str, ...] = (),
) -> Report:
    counted = tree.profile(traced)
    if strict:
        counted.require_complete()
    outcome = run(plan, counted, traced.inputs, runnable)
    return Report(
        target=target,
        inputs=tuple(traced.inputs.items()),
        environment=_environment(plan.device),
        profile=counted,
        assumptions=traced.assumptions,
        notes=(*notes, *traced.notes, *_causal_note(traced), *outcome.notes),
        timing=outcome.timing,
        readings=outcome.readings,
    )


def _built_for_counting(source: Source) -> tuple[nn.Module, tuple[str, ...]]:
    """The model without weights, or with them where its constructor insists on values."""
    if source.is_instance:
        return source.build().eval(), ()
    try:
        with building():
            return source.build().eval(), ()
    except FlopscopeError as error:
        if not _for_want_of_values(error):
            raise
        model = source.build().eval()
        return model, (f"built with its weights, since without them: {error.message}",)


def _for_want_of_values(error: BaseException | None) -> bool:
    """Whether some exception behind this one is torch's or ours about a tensor without values."""
    while error is not None:
        told = isinstance(error, RuntimeError) and "meta" in str(error)
        if told or isinstance(error, (NotImplementedError, NeedsValuesError)):
            return True
        error = error.__cause__ or error.__context__
    return False


def _causal_note(traced: Trace) -> tuple[str, ...]:
    masked = masked_macs(traced)
    if not masked:
        return ()
    return (f"causal attention is counted dense: {masked:,} MACs of it are on masked scores",)


def _environment(device: str) -> Environment:
    return Environment(
        flopscope=VERSION,
        torch=torch.__version__,
        python=platform.python_version(),
        device=device,
    )


def _chosen_device(device: str) -> str:
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


def _check_model(model: object) -> None:
    if not isinstance(model, nn.Module):
        name = model.__name__ if isinstance(model, type) else repr(model)[:40]
        raise TargetError(f"{name} is not an nn.Module", hint="pass a model, not its class")


def _device_of(model: nn.Module) -> str:
    for tensor in (*model.parameters(), *model.buffers()):
        return str(tensor.device)
    return "cpu"


def _moved(runnable: Runnable, device: str) -> Runnable:
    model, args, kwargs = runnable
    to = torch.device(device)
    move: Callable[[Any], Any] = lambda value: (  # noqa: E731
        value.to(to) if isinstance(value, torch.Tensor) else value
    )
    return model.to(to), tuple(map(move, args)), {name: move(kwargs[name]) for name in kwargs}
