"""Conventions that follow from a call's own cost: our MACs and FLOPs, and their relatives."""

from __future__ import annotations

from flopscope.analysis.conventions.weighing import Cause, Weighed, macs_of, short
from flopscope.costs import cost_of
from flopscope.records import Operation, TensorSpec


def macs(operation: Operation) -> Weighed:
    """Multiply-accumulates: what papers print of vision models, mostly as FLOPs."""
    return Weighed(macs_of(operation))


def two_per_mac(operation: Operation) -> Weighed:
    """A multiplication and an addition for each of them, and nothing else."""
    return Weighed(2 * macs_of(operation))


def flops(operation: Operation) -> Weighed:
    """Two for a multiply-accumulate, and all other arithmetic."""
    cost = cost_of(operation)[1]
    return Weighed(cost.flops, Cause.VALUES if cost.other_flops else None, short(operation))


def macs_and_biases(operation: Operation) -> Weighed:
    """Multiply-accumulates, and one for each output of a contraction with a bias."""
    found = macs_of(operation)
    if found and isinstance(operation.args.get("bias"), TensorSpec):
        biased = found + operation.outputs[0].numel
        return Weighed(biased, Cause.BIAS, short(operation))
    return Weighed(found)
