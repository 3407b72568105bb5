"""What ptflops says with its aten backend: it sees the operators that torch dispatches."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

from ptflops.aten_ops import ATEN_OPS_MAPPING
from torch import nn

from flopscope.counters.attribution import Attribution, totals
from flopscope.counters.ptflops_call import complexity
from flopscope.measurements import Reading


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """MACs of mm, addmm, bmm and convolutions, with their biases, and trainable parameters.

    ptflops 0.7.5, ptflops/aten_ops.py and aten_engine.py: formulas for these operators and no
    other, over the whole batch. A product of more than two dimensions is one of them once torch has
    taken it apart; the fused kernels of attention and LSTMs are not. A bias counts as one MAC for
    each output. Parameters that are frozen are left out.
    """
    counted = Attribution(model)
    hooks = {
        operator: counted.recording(str(operator), formula)
        for operator, formula in ATEN_OPS_MAPPING.items()
    }
    with counted:
        answer = complexity(model, args, kwargs, backend="aten", custom_modules_hooks=hooks)
    return Reading(
        name="ptflops",
        version=importlib.metadata.version("ptflops"),
        unit="MACs",
        value=answer.macs,
        params=answer.params,
        modules=totals(counted.figures),
        label="MACs",
        distribution="ptflops",
        operators=counted.figures,
        uncounted=answer.uncounted,
    )
