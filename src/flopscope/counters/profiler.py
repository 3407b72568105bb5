"""What torch.profiler says when it is asked for FLOPs: it knows seven operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.autograd.profiler import record_function
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import profile

from flopscope.counters import whole
from flopscope.counters.attribution import Attribution, Figures, totals
from flopscope.measurements import Reading

_MARK = "flopscope module:"


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """FLOPs of mm, addmm, bmm, baddbmm, conv2d, mul and add, two for each MAC; nothing else.

    torch 2.13 to 2.14, torch/csrc/profiler/util.cpp: a formula for each of these names, over the
    whole batch. It has none for other convolutions, for attention or for a subtraction; a mul or an
    add is one for each element of its first operand, whatever the other one is stretched to. What
    torch itself adds up is the column of its table; the total here is the sum of that column.
    """
    with profile(with_flops=True) as profiled, _Marked(model):
        model(*args, **kwargs)
    events = [event for event in profiled.events() if event.name.startswith("aten::")]
    figures: Figures = {}
    for event in events:
        if event.flops:
            figures.setdefault(_scope(event), Counter())[event.name] += whole(event.flops)
    return Reading(
        name="profiler",
        version=torch.__version__,
        unit="FLOPs",
        value=whole(sum(row.flops for row in profiled.key_averages())),
        modules=totals(figures),
        label="FLOPs",
        distribution="torch",
        operators=figures,
        uncounted=Counter(event.name for event in events if _is_uncounted(event)),
    )


class _Marked(Attribution):
    """Leaves an event for each module that runs, around those of its operators."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self._marks: list[record_function] = []

    def _enter(self, module: nn.Module, args: Any) -> None:
        super()._enter(module, args)
        self._marks.append(record_function(_MARK + self.scope))
        self._marks[-1].__enter__()

    def _leave(self, module: nn.Module, args: Any, result: Any) -> None:
        self._marks.pop().__exit__(None, None, None)
        super()._leave(module, args, result)


def _above(event: FunctionEvent) -> Iterator[FunctionEvent]:
    while event.cpu_parent is not None:
        event = event.cpu_parent
        yield event


def _scope(event: FunctionEvent) -> str:
    names = (above.name for above in _above(event) if above.name.startswith(_MARK))
    return next(names, _MARK).removeprefix(_MARK)


def _is_uncounted(event: FunctionEvent) -> bool:
    """Whether it is an operator that the program called, of which nothing was counted."""
    return not any(above.name.startswith("aten::") for above in _above(event)) and not any(
        inner.flops for inner in _with_inner(event)
    )


def _with_inner(event: FunctionEvent) -> Iterator[FunctionEvent]:
    yield event
    for inner in event.cpu_children:
        yield from _with_inner(inner)
