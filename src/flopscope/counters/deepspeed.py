"""What DeepSpeed's FLOPs profiler says: it patches functions, and notes them in each module."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

from deepspeed.profiling.flops_profiler import profiler
from torch import nn

from flopscope.counters import whole
from flopscope.counters.attribution import totals
from flopscope.counters.patching import Noted
from flopscope.measurements import Reading


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """FLOPs, two for each MAC and some of other operators, its MACs, and all parameters.

    DeepSpeed 0.19.8, deepspeed/profiling/flops_profiler/profiler.py, over the whole batch: as
    calflops, which comes of it, and ``@``, mm, bmm and scaled_dot_product_attention besides. MACs
    of an einsum or an LSTM are none here, too, and a transposed convolution's are divided by its
    groups once too often. A module that two parents share is added once, with all of its calls.
    """
    noted = Noted(model, profiler.module_flop_count, profiler.MODULE_HOOK_MAPPING)
    profiling = profiler.FlopsProfiler(model)
    with noted.listening():
        profiling.start_profile()
        model(*args, **kwargs)
    figures = noted.figures(model.named_modules())
    return Reading(
        name="deepspeed",
        version=importlib.metadata.version("deepspeed"),
        unit="FLOPs",
        value=whole(profiling.get_total_flops()),
        params=whole(profiling.get_total_params()),
        modules=totals(figures),
        label="flops",
        distribution="deepspeed",
        stated_macs=whole(profiling.get_total_macs()),
        operators=figures,
    )
