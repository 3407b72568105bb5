"""The cost of a training step by what it is spent on, module by module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args

from flopscope.costs import Cost, cost_of
from flopscope.costs.attention_backward import recomputed
from flopscope.records import Call, Operation, Scope, Step, Trace
from flopscope.tree import Node

Part: TypeAlias = Literal[
    "forward", "recompute", "input_gradients", "weight_gradients", "optimizer"
]
"""What a training step is spent on.

``input_gradients`` lead from a module's output to its input, ``weight_gradients`` to its
parameters, sums of several included. ``recompute`` is forward work that is done again: of parts
that are checkpointed, and of fused attention, which doesn't keep its scores.
"""

PARTS: tuple[Part, ...] = get_args(Part)

_BOTH_AT_ONCE = frozenset(
    {"aten.mkldnn_rnn_layer_backward", "aten._cudnn_rnn_backward", "aten.miopen_rnn_backward"}
)
"""Operators that compute the gradients of inputs and weights alike, at the same cost."""


@dataclass(frozen=True, slots=True)
class WeightUse:
    """How a training step uses parameters.

    Attributes:
        multiplied: elements of those that something is multiplied with.
        looked_up: elements of those that are only looked up, such as embeddings.
        macs: of products with them and of the derivatives of these, by part.
    """

    multiplied: int = 0
    looked_up: int = 0
    macs: Mapping[Part, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """What a training step is spent on.

    Attributes:
        step: what it holds.
        own: by scope, what a module's own operators take, by part.
        weights: how its parameters are used.
    """

    step: Step
    own: Mapping[Scope, Mapping[Part, Cost]]
    weights: WeightUse = WeightUse()

    def own_cost(self, scope: Scope, part: Part) -> Cost:
        """What one part of the step takes in a module, outside its children."""
        return self.own.get(scope, {}).get(part, Cost())

    def cost(self, node: Node, part: Part) -> Cost:
        """What one part of the step takes in a module and in all that is inside it."""
        return Cost.total(self.own_cost(inner.scope, part) for inner in node.walk())


def training_of(trace: Trace) -> Training | None:
    """What the step of a trace is spent on, or None where it is a forward pass alone."""
    if trace.step is None:
        return None
    return Training(trace.step, costs_by_part(trace), weight_use(trace))


def costs_by_part(trace: Trace) -> Mapping[Scope, Mapping[Part, Cost]]:
    """What each module's own operators take in a training step, by what that is spent on.

    Args:
        trace: of a training step.

    Returns:
        by scope, without what runs inside its children; parts that it takes nothing for are absent.
    """
    found: defaultdict[Scope, defaultdict[Part, Cost]] = defaultdict(lambda: defaultdict(Cost))
    for call, part, cost in _costs(trace):
        found[call.scope][part] += cost
    return {scope: dict(parts) for scope, parts in found.items()}


def weight_use(trace: Trace) -> WeightUse:
    """How the step of a trace uses parameters."""
    multiplied: dict[str, int] = {}
    looked_up: dict[str, int] = {}
    macs: defaultdict[Part, int] = defaultdict(int)
    for call, part, cost in _costs(trace):
        if call.operation.op == "aten.embedding":
            looked_up |= {use.name: use.numel for use in call.parameters}
        if not cost.macs or call.phase == "optimizer":
            continue
        source = call if call.derivative_of is None else trace.calls[call.derivative_of]
        matrices = [use for use in source.parameters if use.given.ndim > 1]
        if matrices:
            macs[part] += cost.macs
            multiplied |= {use.name: use.numel for use in matrices}
    only_looked_up = looked_up.keys() - multiplied.keys()
    return WeightUse(
        sum(multiplied.values()), sum(looked_up[name] for name in only_looked_up), dict(macs)
    )


def _costs(trace: Trace) -> Iterator[tuple[Call, Part, Cost]]:
    """What each call takes, by part; parts that it takes nothing for are left out."""
    known: dict[tuple[Operation, Part], tuple[tuple[Part, Cost], ...]] = {}
    for call in trace.calls:
        main = _part(call, trace)
        key = call.operation, main
        if key not in known:
            known[key] = tuple(_spent(call.operation, main))
        for part, cost in known[key]:
            if cost != Cost():
                yield call, part, cost


def _part(call: Call, trace: Trace) -> Part:
    """What a call is spent on, where it isn't several things at once."""
    if call.phase == "backward":
        if call.parameters or call.derivative_of is None:
            return "input_gradients"
        differentiated = trace.calls[call.derivative_of]
        return "weight_gradients" if differentiated.parameters else "input_gradients"
    if call.phase == "accumulate":
        return "weight_gradients"
    return call.phase


def _spent(operation: Operation, part: Part) -> Iterator[tuple[Part, Cost]]:
    """The cost of an operation, split where it does several things at once."""
    cost = cost_of(operation)[1]
    if not part.endswith("_gradients"):
        yield part, cost
    elif isinstance(mask := operation.args.get("output_mask"), tuple):
        of_weights = cost_of(
            replace(operation, args={**operation.args, "output_mask": (False, *mask[1:])})
        )[1]
        yield "weight_gradients", of_weights if any(mask[1:]) else Cost()
        yield "input_gradients", _less(cost, of_weights) if mask[0] else Cost()
    elif operation.op in _BOTH_AT_ONCE:
        half = Cost(cost.macs // 2, cost.other_flops // 2, cost.bytes_moved // 2)
        yield "weight_gradients", half
        yield "input_gradients", _less(cost, half)
    else:
        again = recomputed(operation)
        yield "recompute", again
        yield part, _less(cost, again)


def _less(cost: Cost, part: Cost) -> Cost:
    return Cost(
        cost.macs - part.macs,
        cost.other_flops - part.other_flops,
        cost.bytes_moved - part.bytes_moved,
    )
