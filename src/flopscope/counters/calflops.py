"""What calflops says: it patches functions of torch, and notes what they cost in each module."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping
from typing import Any

from calflops import calculate_pipline, pytorch_ops
from torch import nn

from flopscope.counters import whole
from flopscope.counters.attribution import totals
from flopscope.counters.patching import Noted
from flopscope.measurements import Reading
from flopscope.records import Scope


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """FLOPs, two for each MAC and some of other operators, its MACs, and trainable parameters.

    calflops 0.3.2, calflops/pytorch_ops.py, over the whole batch: functions of linear layers and
    convolutions, torch.matmul, addmm, baddbmm, einsum, mul and add, norms at 1 to 5 an element,
    activations, pooling, softmax and resizing at 1. Fused attention, the ``@`` operator, mm and bmm
    are not seen. MACs are those of linear, convolution, matmul and addmm: of an einsum or an LSTM
    they are none. A transposed convolution's are divided by its groups once too often, and a module
    that two parents share is added for each, with all of its calls.
    """
    noted = Noted(model, calculate_pipline.module_flop_count, pytorch_ops.MODULE_HOOK_MAPPING)
    pipeline = calculate_pipline.CalFlopsPipline(
        model, include_backPropagation=False, compute_bp_factor=2.0
    )
    with noted.listening():
        pipeline.start_flops_calculate()
        model(*args, **kwargs)
    figures = noted.figures(_every_place(model))
    return Reading(
        name="calflops",
        version=importlib.metadata.version("calflops"),
        unit="FLOPs",
        value=whole(pipeline.get_total_flops()),
        params=whole(pipeline.get_total_params()),
        modules=totals(figures),
        label="FLOPs",
        distribution="calflops",
        stated_macs=whole(pipeline.get_total_macs()),
        operators=figures,
    )


def _every_place(module: nn.Module, scope: Scope = "") -> Iterator[tuple[Scope, nn.Module]]:
    """Every module as often as there are ways to it, as calflops adds them up."""
    yield scope, module
    for name, child in module.named_children():
        yield from _every_place(child, f"{scope}.{name}" if scope else name)
