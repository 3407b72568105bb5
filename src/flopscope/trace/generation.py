"""A model that keeps a cache, and what calls it again and again, to a Trace of each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, TypeAlias

import torch

from flopscope.guest import as_found
from flopscope.records import CachedCall, Operation, TensorSpec
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.forward import load_rules, observed
from flopscope.trace.given import replace_state, tensors_of
from flopscope.trace.recorder import Recorder
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.specs import spec_of
from flopscope.trace.stream import STREAMS, one_thread
from flopscope.trace.ways import Way

Drive: TypeAlias = Callable[[torch.nn.Module], object]
"""Calls a model as its program would: once with a prompt, then with what it said and a cache."""

CacheIn: TypeAlias = Callable[[Mapping[str, Any], Any], object]
"""The cache that a model holds after a call, given its keyword arguments and what it returned."""


def trace_calls(
    model: torch.nn.Module,
    drive: Drive,
    cache_in: CacheIn,
    *,
    assume: Mapping[str, float] | None = None,
) -> tuple[CachedCall, ...]:
    """Run what calls a model, on shapes alone, and record each of the model's calls as a trace.

    What a program computes between two calls, such as which token is the next one, is no part of
    either. What it has parts of the model compute before the first one, such as an encoder, is part
    of that.

    Args:
        model: on any device, the meta device included; it is left as it was found.
        drive: calls it.
        cache_in: finds its cache.
        assume: numbers for rules of ``flopscope.assumptions`` in the place of their defaults.

    Raises:
        TraceError: the model raised; the message names the module and the shapes it was given.
    """
    load_rules()
    watch = _Watch(model, cache_in)
    evaluation = PartialEvaluation(
        watch.record,
        watch.recorder.assume,
        foreign=tensors_of(model, (), {}),
        assumed=dict(assume or {}),
    )
    with ExitStack() as stack:
        stack.enter_context(as_found(model))
        stack.enter_context(STREAMS["canonical"]())
        stack.enter_context(one_thread())
        replace_state(model)
        stack.enter_context(watch.recorder.following())
        stack.callback(model.register_forward_hook(watch.returned, with_kwargs=True).remove)
        stack.enter_context(evaluation)
        drive(model)
    return tuple(watch.calls)


class _Watch:
    """Cuts what a recorder sees into the calls of the model."""

    def __init__(self, model: torch.nn.Module, cache_in: CacheIn) -> None:
        self.recorder = Recorder(ScopeTracker(model))
        self.calls: list[CachedCall] = []
        self._cache_in = cache_in

    def record(self, operation: Operation, given: Iterable[Any], returned: Any) -> None:
        """Note an operator that a module runs; what runs outside of all is the caller's."""
        if self.recorder.scopes.is_running:
            self.recorder.record(operation, given, returned)

    def returned(
        self, _model: torch.nn.Module, _args: Any, kwargs: Mapping[str, Any], output: Any
    ) -> None:
        """A call of the model is over: the next one starts from nothing but what is alive."""
        recorder = self.recorder
        trace = observed(recorder, (), {}, Way())
        self.calls.append(CachedCall(trace, cache_specs(self._cache_in(kwargs, output))))
        recorder.restart()


def cache_specs(cache: object) -> tuple[TensorSpec, ...]:
    """Every tensor in a cache, each once, whatever objects and containers it is made of.

    A single integer is no part of it, but says how much is in it.
    """
    seen: set[int] = set()
    return tuple(
        spec_of(tensor)
        for tensor in _tensors_inside(cache, seen)
        if tensor.numel() > 1 or tensor.is_floating_point()
    )


def _tensors_inside(value: Any, seen: set[int]) -> Iterator[torch.Tensor]:
    if id(value) in seen or isinstance(value, (torch.nn.Module, type)):
        return
    seen.add(id(value))
    if isinstance(value, torch.Tensor):
        yield value
        return
    if isinstance(value, Mapping):
        inner: Iterable[Any] = value.values()
    elif isinstance(value, (list, tuple, set)):
        inner = value
    else:
        inner = getattr(value, "__dict__", {}).values()
    for each in inner:
        yield from _tensors_inside(each, seen)
