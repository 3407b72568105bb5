"""What a formula is about: the figures of a profile, each under a key, at one point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from flopscope.costs import Cost
from flopscope.records import Trace
from flopscope.tree import Profile

Kind: TypeAlias = Literal["total", "module", "operator"]


class Key(NamedTuple):
    """Which figure: of what kind of thing, its scope or operator, and what is counted."""

    kind: Kind
    name: str
    figure: str


Figures: TypeAlias = Mapping[Key, int]

OF_COSTS = ("macs", "flops", "bytes_moved")
"""What modules and operators have, beside the parameters of modules."""

TOTALS = (*OF_COSTS, "params", "activation_nbytes", "held_nbytes")
"""The totals that have one polynomial each, where a model has any."""

CACHE = Key("total", "", "cache_nbytes")
"""What a model keeps for a next step: it has one or none."""

PEAK = Key("total", "", "peak_nbytes")
"""The highest of moments: no one polynomial, as a rule, but the largest of several."""


def total_key(figure: str) -> Key:
    """Of a figure of the whole model."""
    return Key("total", "", figure)


def figures_of(profile: Profile, trace: Trace) -> dict[Key, int]:
    """Every figure of a trace and its profile: in total, by module and by operator.

    The peak of a module is that of the moments when an operator ran right in it. What is held all
    the time is weights, buffers and inputs.
    """
    figures = _of_cost("total", "", profile.root.cost)
    figures[total_key("params")] = profile.root.params
    figures[total_key("activation_nbytes")] = profile.layer_output_nbytes
    figures[total_key("held_nbytes")] = (
        profile.root.param_nbytes
        + profile.root.buffer_nbytes
        + sum(tensor.nbytes for tensor in trace.inputs.values())
    )
    if trace.kept:
        figures[CACHE] = sum(tensor.nbytes for tensor in trace.kept)
    if profile.peak is not None:
        figures[PEAK] = profile.peak.nbytes
    for scope, node in profile.nodes.items():
        figures |= _of_cost("module", scope, node.cost)
        figures[Key("module", scope, "params")] = node.params
        if node.spec.peak_nbytes:
            figures[Key("module", scope, PEAK.figure)] = node.spec.peak_nbytes
    for operator in profile.operators:
        if operator.coverage == "counted":
            figures |= _of_cost("operator", operator.op, operator.cost)
    return figures


def _of_cost(kind: Kind, name: str, cost: Cost) -> dict[Key, int]:
    return {
        Key(kind, name, "macs"): cost.macs,
        Key(kind, name, "flops"): cost.flops,
        Key(kind, name, "bytes_moved"): cost.bytes_moved,
    }
