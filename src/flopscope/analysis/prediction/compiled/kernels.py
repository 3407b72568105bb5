"""What the kernels of a compiled model move and compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from flopscope.analysis.prediction.compiled.fusion import Group
from flopscope.analysis.prediction.compiled.images import is_convolution
from flopscope.analysis.prediction.compiled.nodes import Node, Reading
from flopscope.analysis.prediction.compiled.storing import Stored
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.records import Operation, TensorSpec


def fused_kernel(
    group: Group, kept: Mapping[int, Stored], readers: Mapping[int, Set[int]]
) -> Kernel:
    """A kernel that reads what was made outside of it once, and writes what is read outside.

    Args:
        group: what it is made of.
        kept: by place, all that is stored.
        readers: by place of what is stored, the places of what is made of it.
    """
    members = set(group.members)
    inside = [kept[place] for place in group.members]
    written = sum(
        kept[place].nbytes
        for place in group.members
        if not readers.get(place) or readers[place] - members
    )
    nbytes = _read_nbytes(inside, members, kept) + written
    return Kernel(_kind(group, inside), nbytes, dtype=inside[-1].node.outputs[0].dtype)


def _kind(group: Group, inside: Sequence[Stored]) -> str:
    if group.loop is not None:
        return "fused outer reduction" if group.is_closed else "fused reduction"
    return "fused window" if any(each.node.role == "window" for each in inside) else "fused"


def _read_nbytes(
    inside: Sequence[Stored], members: Set[int], kept: Mapping[int, Stored]
) -> float:
    """Of each tensor that was made outside, what is read of it, once: parts of it add up."""
    given: dict[Reading, float] = {}
    made: dict[int, float] = {}
    for each in inside:
        for reading, node in each.readings:
            nbytes = _needed(reading.tensor, node)
            if reading.maker is None:
                given[reading] = nbytes
            elif reading.maker not in members:
                share = kept[reading.maker].share
                made[reading.maker] = made.get(reading.maker, 0) + share * nbytes
    return sum(given.values()) + sum(
        min(nbytes, kept[maker].nbytes) for maker, nbytes in made.items()
    )


def _needed(tensor: TensorSpec, node: Node) -> int:
    """What is read of a tensor: of one that is larger than the result perhaps some elements."""
    if node.role != "pointwise" or tensor.numel <= node.elements:
        return tensor.nbytes
    return tensor.nbytes * node.elements // tensor.numel


def library_kernels(node: Node, *, is_last: bool, is_made: bool) -> Iterator[Kernel]:
    """The kernels of a library that an operator still needs.

    Args:
        node: the operator.
        is_last: whether images have their channels last.
        is_made: whether kernels of the compiler made all that it reads, in the order it asks for.
    """
    operation = node.operation
    if is_convolution(node):
        if is_last and operation.outputs[0].ndim == 4:
            operation = with_channels_last(operation)
        for kernel in kernels_of(operation):
            if kernel.kind not in ("bias", "copy"):
                yield kernel
        return
    for kernel in kernels_of(operation):
        if kernel.kind in ("copy", "pointwise"):
            if not is_made:
                yield replace(kernel, kind="fused")
        elif kernel.kind == "softmax":
            yield replace(kernel, kind="fused reduction")
        elif kernel.kind != "bias":
            yield kernel


def with_channels_last(operation: Operation) -> Operation:
    """A convolution of images whose channels are last in memory."""
    args = dict(operation.args)
    given = args["input"]
    assert isinstance(given, TensorSpec)
    args["input"] = channels_last(given)
    outputs = tuple(map(channels_last, operation.outputs))
    return Operation(operation.op, operation.overload, args, outputs, operation.tags)


def channels_last(tensor: TensorSpec) -> TensorSpec:
    """The same images with their channels last in memory."""
    _, channels, height, width = tensor.shape
    strides = (channels * height * width, 1, channels * width, channels)
    return TensorSpec(tensor.shape, tensor.dtype, strides)
