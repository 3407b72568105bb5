"""A trace as other counters total it: the same calls, each weighed by that counter's own rules.

Counters that agree on what ran still print different numbers: some add normalisations, pooling or
biases to the multiply-accumulates, some have no rule for an operator and leave it out. Each
convention here is one such set of rules, so that a figure published in it can be compared with ours
to the last digit, and the difference be explained call by call.
"""

from __future__ import annotations

from collections.abc import Mapping

from flopscope.analysis.conventions import flop_counter_mode, fvcore, native, ptflops_aten, thop
from flopscope.analysis.conventions.weighing import Convention, by_first_name, by_operation
from flopscope.errors import UsageError
from flopscope.records import Trace
from flopscope.spelling import did_you_mean

CONVENTIONS: Mapping[str, Convention] = {
    "macs": Convention(
        by_operation(native.macs),
        "MACs",
        "MACs",
        "flopscope: multiply-accumulates of contractions",
    ),
    "flops": Convention(
        by_operation(native.flops),
        "FLOPs",
        "FLOPs",
        "flopscope: 2 per MAC and all other arithmetic",
    ),
    "paper": Convention(
        by_operation(native.macs),
        "MACs",
        "FLOPs",
        "papers and model cards of vision models: multiply-accumulates, printed as FLOPs",
    ),
    "two-per-mac": Convention(
        by_operation(native.two_per_mac),
        "FLOPs",
        "FLOPs",
        "a multiplication and an addition for each MAC, and nothing else",
    ),
    "torch": Convention(
        flop_counter_mode.weigh,
        "FLOPs",
        "FLOPs",
        "torch 2.14, torch/utils/flop_counter.py, on a CPU with gradients enabled",
    ),
    "ptflops": Convention(
        ptflops_aten.weigh,
        "MACs",
        "MACs",
        "ptflops 0.7.5, ptflops/aten_ops.py, on a CPU with gradients enabled",
        params=ptflops_aten.params,
    ),
    "thop": Convention(
        thop.weigh,
        "MACs",
        "MACs",
        "thop 0.1.1, thop/profile.py and thop/vision/calc_func.py",
        inclusive=thop.inclusive,
        params=thop.params,
    ),
    "fvcore": Convention(
        fvcore.weigh,
        "MACs",
        "FLOPs",
        "fvcore 0.1.5, fvcore/nn/jit_handles.py",
        inclusive=by_first_name,
    ),
    "pycls": Convention(
        by_operation(native.macs_and_biases),
        "MACs",
        "FLOPs",
        "pycls, models/blocks.py: MACs and biases",
    ),
}


def check_convention(name: str | None) -> str | None:
    """A name of :data:`CONVENTIONS`, or None.

    Raises:
        UsageError: it is neither.
    """
    if name is not None and name not in CONVENTIONS:
        hint = did_you_mean(name, CONVENTIONS) or f"conventions: {', '.join(CONVENTIONS)}"
        raise UsageError(f"no convention {name!r}", hint=hint)
    return name


def total(trace: Trace, convention: str) -> int:
    """What a counter of this convention would print for a trace.

    Args:
        trace: a canonical one: the operators that the program called.
        convention: a name of :data:`CONVENTIONS`.

    Raises:
        KeyError: there is no such convention.
    """
    return sum(weighed.figure for weighed in CONVENTIONS[convention].weigh(trace))
