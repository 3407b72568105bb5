"""How a compiler lays images out, and which reductions go along memory then."""

from __future__ import annotations

from collections.abc import Sequence

from flopscope.analysis.prediction.compiled.nodes import Node
from flopscope.analysis.prediction.layout import has_channels_last, innermost
from flopscope.costs import cost_of
from flopscope.records import TensorSpec, integers_in

MULTIPLIERS = {"grouped": 1.358, "default": 0.823, "in out": 0.725, "small": 0.783}
"""What a convolution's time becomes with channels last, as the compiler takes it to.

Source: ``GraphLowering.decide_layout_opt`` in torch/_inductor/graph.py, as are the numbers below.
"""

TOO_FEW = 300
"""Nodes of its graph for each convolution from which on the compiler leaves layouts alone."""

SMALL = 64
"""Channels in and out up to which a convolution is a small one."""

GRAPH_NODES = {"aten.batch_norm": 14, "aten.layer_norm": 12, "aten.linear": 5, "aten.softmax": 7}
"""Nodes of the compiler's graph that an operator becomes, about; others become two."""

IMAGES = 4
"""Dimensions of a batch of images."""

ALONG_MEMORY = ("layer_norm", "rms_norm", "softmax")
"""Reductions over the last dimension, which the compiler lays out so that it is innermost."""


def lays_channels_last(nodes: Sequence[Node], calls: int) -> bool:
    """Whether the compiler takes that to be faster, over all convolutions of images.

    Args:
        nodes: of the whole model.
        calls: how many there are, views and all.
    """
    macs = dict.fromkeys(MULTIPLIERS, 0.0)
    convolutions = [node for node in nodes if is_convolution(node)]
    for node in convolutions:
        macs[_sort(node)] += cost_of(node.operation)[1].macs
    operators = {id(node.operation): GRAPH_NODES.get(node.op, 2) - 1 for node in nodes}
    graph = calls + sum(operators[id(node.operation)] for node in nodes)
    if graph >= TOO_FEW * len(convolutions):
        return False
    return sum(MULTIPLIERS[sort] * each for sort, each in macs.items()) <= sum(macs.values())


def has_channels_first(nodes: Sequence[Node]) -> bool:
    """Whether images have their channels first before the compiler lays them out anew."""
    first = next((node for node in nodes if is_convolution(node)), None)
    return first is not None and not has_channels_last(first.outputs[0])


def is_convolution(node: Node) -> bool:
    """Whether a node is a convolution itself, of any number of dimensions."""
    return node.role == "library" and "conv" in node.op and "weight" in node.operation.args


def _sort(node: Node) -> str:
    weight = node.operation.args["weight"]
    assert isinstance(weight, TensorSpec)
    out_channels, in_channels = weight.shape[:2]
    if node.operation.args.get("groups", 1) != 1 and in_channels > 1:
        return "grouped"
    if out_channels <= SMALL and in_channels <= SMALL:
        return "small"
    return "in out" if 2 * out_channels <= in_channels and weight.shape[2] > 1 else "default"


def is_outer(node: Node, *, is_turned: bool) -> bool:
    """Whether the elements of a reduction's rows do not lie side by side: positions of images.

    Args:
        node: the reduction.
        is_turned: whether the compiler puts the channels last of images that have them first.
    """
    given = node.readings[0].tensor
    if given.ndim != IMAGES or any(name in node.op for name in ALONG_MEMORY):
        return False
    along = innermost(given)
    if is_turned:
        along = 1 if along == IMAGES - 1 else IMAGES - 1
    return along not in _reduced(node)


def _reduced(node: Node) -> Sequence[int]:
    """The dimensions that a reduction of images is over."""
    every = range(IMAGES)
    if any(name in node.op for name in ("pool", "group_norm", "instance_norm")):
        return every[2:]
    return [every[dim] for dim in integers_in(node.operation.args.get("dim"))] or every
