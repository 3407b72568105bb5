"""A model and its inputs as a Trace: one forward pass in which no arithmetic is done."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from flopscope.guest import as_found
from flopscope.records import Scope, Stream, Trace
from flopscope.trace.accelerator import AcceleratorEvaluation
from flopscope.trace.building import materialized
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.execute import Execution
from flopscope.trace.given import inputs_without_values, replace_state, tensors_of
from flopscope.trace.modules import module_specs
from flopscope.trace.part import Part
from flopscope.trace.recorder import Recorder
from flopscope.trace.rules.higher_order import load_attention_rule
from flopscope.trace.rules.selection import load_torchvision_rules
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.specs import named_specs
from flopscope.trace.stream import STREAMS, claimed_device, one_thread
from flopscope.trace.unknown import CPU
from flopscope.trace.ways import Way, first_that_works


def trace(
    model: torch.nn.Module,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    assume: Mapping[str, float] | None = None,
    module: Scope = "",
    stream: Stream = "canonical",
) -> Trace:
    """Run a model once on shapes alone and record every operator it calls.

    The model and the inputs are left as they were found. Integer and boolean inputs of up to a
    million elements keep their values; all else is known by shape only.

    Args:
        model: on any device, the meta device included.
        args: positional arguments of its forward.
        kwargs: keyword arguments of its forward.
        assume: numbers for rules of ``flopscope.assumptions`` in the place of their defaults.
        module: the part of the model to keep of the trace, in which its own scope is ``""``.
        stream: the operators to record: those that the user wrote, or ``"device:cuda"`` for those
            as a GPU runs them, which need not be here. Enter ``cuda_autocast`` for mixed precision.

    Raises:
        TargetError: the model has no such part, or does not call it.
        TraceError: the model raised; the message names the module and the shapes it was given.
    """
    kwargs, assumed = dict(kwargs or {}), dict(assume or {})
    load_rules()
    model = materialized_model(model, args, kwargs)
    return first_that_works(
        lambda way: _traced(model, args, kwargs, assumed, module, way), Way.of(stream)
    )


def load_rules() -> None:
    """Load the rules for operators of libraries, where these are loaded."""
    load_torchvision_rules()
    load_attention_rule()


def materialized_model(
    model: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> torch.nn.Module:
    """The model itself, a compiled one's original, or one whose lazy parameters have shapes."""
    model = getattr(model, "_orig_mod", model)
    if any(map(is_lazy, model.parameters())):
        with Recorder(ScopeTracker(model)).following():
            return materialized(model, args, dict(kwargs))
    return model


def _traced(
    model: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    assumed: Mapping[str, float],
    module: Scope,
    way: Way,
) -> Trace:
    device = claimed_device(way.stream)
    recorder = Recorder(ScopeTracker(model), names_memory=device != CPU)
    part = Part(model, module)
    evaluates = PartialEvaluation if device == CPU else AcceleratorEvaluation
    evaluation = evaluates(
        recorder.record,
        recorder.assume,
        foreign=tensors_of(model, args, kwargs),
        assumed=assumed,
        taking_apart=recorder.taking_apart,
        derive=recorder.derive,
    )
    given_args, given_kwargs = inputs_without_values(args, dict(kwargs), device)
    with ExitStack() as stack:
        stack.enter_context(as_found(model))
        stack.enter_context(STREAMS[way.stream]())
        stack.enter_context(one_thread())
        replace_state(model, device)
        stack.enter_context(part.watched())
        stack.enter_context(recorder.following())
        stack.enter_context(way.devices())
        stack.enter_context(evaluation)
        recorder.end(model(*given_args, **given_kwargs))
    return _trace_of(recorder, part, args, kwargs, way)


def trace_real(
    model: torch.nn.Module,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    module: Scope = "",
) -> Trace:
    """The same trace from a real forward pass, on the device where the model and its inputs are.

    What the pass changes in the model beside its modules' attributes stays changed: give it a copy.

    Raises:
        TargetError: the model has no such part, or does not call it.
        TraceError: the model raised.
    """
    given = dict(kwargs or {})
    model = getattr(model, "_orig_mod", model)
    return first_that_works(lambda way: _executed(model, args, given, module, way))


def _executed(
    model: torch.nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    module: Scope,
    way: Way,
) -> Trace:
    recorder, part = Recorder(ScopeTracker(model)), Part(model, module)
    with (
        as_found(model),
        STREAMS[way.stream](),
        part.watched(),
        recorder.following(),
        way.devices(),
        Execution(recorder.record, recorder.taking_apart),
    ):
        recorder.end(model(*args, **kwargs))
    return _trace_of(recorder, part, args, kwargs, way)


def _trace_of(
    recorder: Recorder, part: Part, args: tuple[Any, ...], kwargs: Mapping[str, Any], way: Way
) -> Trace:
    if part.scope:
        return part.of(recorder, way)
    return replace(observed(recorder, args, kwargs, way), kept=recorder.scopes.kept)


def observed(
    recorder: Recorder, args: tuple[Any, ...], kwargs: Mapping[str, Any], way: Way
) -> Trace:
    """All that a recorder saw of a whole model, given these inputs."""
    scopes, liveness = recorder.scopes, recorder.liveness
    return Trace(
        modules=module_specs(scopes.model, scopes.visits, liveness.peaks),
        calls=tuple(recorder.calls),
        inputs=named_specs(args, kwargs),
        assumptions=recorder.assumptions(),
        notes=way.notes,
        stream=way.stream,
        peak=liveness.highest,
    )
