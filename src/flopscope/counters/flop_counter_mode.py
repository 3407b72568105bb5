"""What torch's own FlopCounterMode says: it sees the operators that torch dispatches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from flopscope.counters.attribution import Attribution, totals
from flopscope.measurements import Reading


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """FLOPs of matrix products, convolutions and attention, two for each MAC; nothing else.

    torch 2.13 to 2.14, torch/utils/flop_counter.py: its registry has formulas for products of
    matrices (not of vectors), convolutions and most attention kernels, over the whole batch. What
    is not in it is taken apart where torch can, and is zero where it cannot: fused kernels of LSTMs
    and of attention's fast path, and flash attention on a CPU in older versions. So the figure
    depends on the device, and on whether gradients are enabled: they are, as in its documentation.
    """
    counted, dispatched = Attribution(model), _Dispatched()
    counter = FlopCounterMode(display=False)
    rules = counter.flop_registry
    counter.flop_registry = {
        operator: counted.recording(str(operator), formula) for operator, formula in rules.items()
    }
    with counted, dispatched, counter:
        model(*args, **kwargs)
    return Reading(
        name="torch",
        version=torch.__version__,
        unit="FLOPs",
        value=counter.get_total_flops(),
        modules=totals(counted.figures),
        label="FLOPs",
        distribution="torch",
        operators=counted.figures,
        uncounted={
            str(operator): calls
            for operator, calls in dispatched.calls.items()
            if operator not in rules
        },
    )


class _Dispatched(TorchDispatchMode):
    """How often each operator ran."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has not annotated it
        self.calls: Counter[Any] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls[func._overloadpacket] += 1
        return func(*args, **(kwargs or {}))
