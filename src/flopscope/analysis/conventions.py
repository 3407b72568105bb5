"""A trace as other counters total it: the same calls, each weighed by that counter's own rules.

Counters that agree on what ran still print different numbers: some add normalisations, pooling or
biases to the multiply-accumulates, some have no rule for an operator and leave it out. Each
convention here is one such set of rules, so that a figure published in it can be compared with ours
to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.analysis import fvcore
from flopscope.costs import cost_of
from flopscope.records import Operation, TensorSpec, Trace

Weigh: TypeAlias = Callable[[Operation], int]


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of totalling operators.

    Attributes:
        weigh: what one operation adds to the total.
        unit: what its authors call the result.
        source: where its rules are written down.
    """

    weigh: Weigh
    unit: str
    source: str


def _macs(operation: Operation) -> int:
    return cost_of(operation)[1].macs


def _flops(operation: Operation) -> int:
    return cost_of(operation)[1].flops


def _two_per_mac(operation: Operation) -> int:
    return 2 * _macs(operation)


def _macs_and_biases(operation: Operation) -> int:
    macs = _macs(operation)
    biased = macs > 0 and isinstance(operation.args.get("bias"), TensorSpec)
    return macs + operation.outputs[0].numel * biased


CONVENTIONS: Mapping[str, Convention] = {
    "macs": Convention(_macs, "MACs", "flopscope: multiply-accumulates of contractions"),
    "flops": Convention(_flops, "FLOPs", "flopscope: 2 per MAC and all other arithmetic"),
    "torch": Convention(_two_per_mac, "FLOPs", "torch.utils.flop_counter: 2 per MAC alone"),
    "fvcore": Convention(fvcore.weigh, "FLOPs", "fvcore 0.1.5, fvcore/nn/jit_handles.py"),
    "pycls": Convention(_macs_and_biases, "FLOPs", "pycls, models/blocks.py: MACs and biases"),
}


def total(trace: Trace, convention: str) -> int:
    """What a counter of this convention would print for a trace.

    Args:
        trace: a canonical one: the operators that the program called.
        convention: a name of :data:`CONVENTIONS`.

    Raises:
        KeyError: there is no such convention.
    """
    weigh = CONVENTIONS[convention].weigh
    known: dict[Operation, int] = {}
    result = 0
    for call in trace.calls:
        if call.operation not in known:
            known[call.operation] = weigh(call.operation)
        result += known[call.operation]
    return result
