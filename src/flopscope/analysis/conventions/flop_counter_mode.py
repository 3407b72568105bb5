"""torch.utils.flop_counter's convention: 2 per MAC of the products and convolutions that it meets.

It looks at the operators that torch dispatches, and takes apart what it has no formula for, where
torch can. What is left has none: products with a vector, attention and LSTMs as one kernel of a
CPU, grouped products of experts, distances (torch 2.13 and 2.14, ``torch/utils/flop_counter.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.conventions.dispatched import fused_in, products_of
from flopscope.analysis.conventions.weighing import Cause, Weighed, is_complex, macs_of, short
from flopscope.records import Call, Trace


def weigh(trace: Trace) -> Iterator[Weighed]:
    """Its FLOPs of every call, on a CPU and with gradients enabled."""
    fused = fused_in(trace)
    for call in trace.calls:
        if call.scope in fused and macs_of(call.operation):
            yield Weighed(0, Cause.OPERATOR, fused[call.scope])
        else:
            yield _weighed(call)


def _weighed(call: Call) -> Weighed:
    found, products = macs_of(call.operation), products_of(call)
    if products == found:
        return Weighed(2 * found)
    cause = Cause.COMPLEX if products and is_complex(call.operation) else Cause.OPERATOR
    return Weighed(2 * products, cause, short(call.operation))
