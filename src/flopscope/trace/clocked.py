"""The time that each kind of operator takes in real forward passes."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

from torch import nn

from flopscope.records import Scope, is_within
from flopscope.trace.evaluate import Record
from flopscope.trace.execute import Execution
from flopscope.trace.recorder import Recorder
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.stream import canonical


class Clock(Protocol):
    """Marks in the order of the work that a device is given, and the seconds between them."""

    def prepare(self) -> None: ...

    def mark(self) -> Any: ...

    def wait(self) -> None: ...

    def seconds(self, start: Any, end: Any) -> float: ...


class ClockedExecution(Execution):
    """Marks the beginning and the end of every operator that it records."""

    def __init__(self, record: Record, clock: Clock) -> None:
        super().__init__(record)
        self.spans: list[tuple[Any, Any]] = []
        self._clock = clock

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        start = self._clock.mark()
        returned = super().run(func, args, kwargs)
        self.spans.append((start, self._clock.mark()))
        return returned


def operator_seconds(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    clock: Clock,
    *,
    passes: int = 3,
    module: Scope = "",
) -> dict[str, float]:
    """Median seconds of all calls of each operator in a forward pass, of those that a trace holds.

    What the program does between operators is left out. The model and the inputs may be changed:
    give it copies.

    Args:
        model: with its weights, on the clock's device.
        args: positional arguments of its forward.
        kwargs: keyword arguments of its forward.
        clock: of the device.
        passes: how many to run.
        module: the part of the model whose operators are timed.
    """
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(passes):
        for op, seconds in _one_pass(model, args, kwargs, clock, module).items():
            taken[op].append(seconds)
    return {op: statistics.median(seconds) for op, seconds in taken.items()}


def _one_pass(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], clock: Clock, module: Scope
) -> dict[str, float]:
    recorder = Recorder(ScopeTracker(model))
    execution = ClockedExecution(recorder.record, clock)
    clock.prepare()
    with canonical(), recorder.following(), execution:
        model(*args, **kwargs)
    clock.wait()
    seconds: dict[str, float] = defaultdict(float)
    for call, (start, end) in zip(recorder.calls, execution.spans, strict=True):
        if is_within(call.scope, module):
            seconds[call.operation.op] += clock.seconds(start, end)
    return seconds
