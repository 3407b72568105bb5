"""Whether the compiler lays images out with their channels last."""

from __future__ import annotations

from collections.abc import Sequence

from flopscope.analysis.prediction.compiled.nodes import Node
from flopscope.analysis.prediction.layout import innermost
from flopscope.costs import cost_of
from flopscope.records import TensorSpec

MULTIPLIERS = {"grouped": 1.358, "default": 0.823, "in out": 0.725, "small": 0.783}
"""What a convolution's time becomes with channels last, as the compiler takes it to.

Source: ``GraphLowering.decide_layout_opt`` in torch/_inductor/graph.py, as are the numbers below.
"""

LEAST_SHARE = 300
"""Nodes of its graph for each convolution from which on the compiler leaves layouts alone."""

SMALL = 64

IMAGE = 4

GRAPH_NODES = {"aten.batch_norm": 14, "aten.layer_norm": 12, "aten.linear": 5, "aten.softmax": 7}
"""Nodes of the compiler's graph that operators are taken apart into; of others about 2."""


def lays_channels_last(nodes: Sequence[Node], calls: int) -> bool:
    """Whether that is taken to be faster, over all convolutions of two dimensions.

    Args:
        nodes: of the whole model.
        calls: how many there are with views.
    """
    macs = dict.fromkeys(MULTIPLIERS, 0.0)
    convolutions = 0
    for node in nodes:
        weight = node.operation.args.get("weight")
        if node.role == "library" and is_convolution(node) and isinstance(weight, TensorSpec):
            convolutions += 1
            macs[_sort(weight, node)] += cost_of(node.operation)[1].macs
    views = calls - len(nodes)
    graph = views + sum(GRAPH_NODES.get(node.operation.op, 2) for node in nodes)
    if not convolutions or graph >= LEAST_SHARE * convolutions:
        return False
    whole = sum(macs.values())
    return sum(MULTIPLIERS[sort] * amount for sort, amount in macs.items()) <= whole


def is_convolution(node: Node) -> bool:
    """Whether a node is a convolution, of any number of dimensions."""
    return "conv" in node.operation.op


def is_outer(node: Node, *, is_last: bool) -> bool:
    """Whether a reduction is over elements that do not lie side by side: of positions of images."""
    given = node.readings[0].tensor
    if given.ndim != IMAGE or "softmax" in node.op or node.op in ("aten.layer_norm", "aten.rms_norm"):
        return False
    reduced = [
        place
        for place, side in enumerate(given.shape)
        if side > 1 and (len(out) <= place or out[place] != side)
    ] if (out := node.outputs[0].shape) and len(out) == given.ndim else _dims(node, given.ndim)
    side = innermost(given)
    if is_last:
        side = 1 if side == given.ndim - 1 else given.ndim - 1
    return bool(reduced) and side not in reduced


def _dims(node: Node, ndim: int) -> Sequence[int]:
    dims = node.operation.args.get("dim")
    if isinstance(dims, int):
        dims = (dims,)
    if isinstance(dims, tuple):
        return [dim % ndim for dim in dims if isinstance(dim, int)]
    return range(2, ndim)


def _sort(weight: TensorSpec, node: Node) -> str:
    out_channels, in_channels = weight.shape[:2]
    if node.operation.args.get("groups", 1) != 1 and in_channels > 1:
        return "grouped"
    if out_channels <= SMALL and in_channels <= SMALL:
        return "small"
    return "in out" if 2 * out_channels <= in_channels and weight.shape[2] > 1 else "default"
