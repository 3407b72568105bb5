"""What the kernels of a compiled model move and compute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from flopscope.analysis.prediction.compiled.fusion import Group
from flopscope.analysis.prediction.compiled.images import IMAGES, is_convolution
from flopscope.analysis.prediction.compiled.nodes import Node, Reading
from flopscope.analysis.prediction.compiled.storing import Stored, edges
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering import Torch, kernels_of
from flopscope.analysis.prediction.lowering.products import copy_of
from flopscope.dtypes import BITS
from flopscope.records import Operation, TensorSpec

ADDED = frozenset({"bias", "copy"})
"""What is done for products without a compiler, and here by what is fused around them."""


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


def _read_nbytes(inside: Sequence[Stored], members: Set[int], kept: Mapping[int, Stored]) -> float:
    """Of each tensor that was made outside, what is read of it, once: parts of it add up."""
    given: dict[Reading, float] = {}
    made: dict[int, float] = {}
    for each in inside:
        for reading, reader in each.readings:
            nbytes = _needed(reading.tensor, reader)
            if reading.maker is None:
                given[reading] = nbytes
            elif reading.maker not in members:
                share = kept[reading.maker].share
                made[reading.maker] = made.get(reading.maker, 0) + share * nbytes
    return sum(given.values()) + sum(
        min(nbytes, kept[maker].nbytes) for maker, nbytes in made.items()
    )


def _needed(tensor: TensorSpec, reader: Node) -> float:
    """What is read of a tensor: of one that is larger than the result some elements, looked up."""
    if reader.role != "pointwise" or tensor.numel <= reader.elements:
        return tensor.nbytes
    return tensor.nbytes * reader.elements / tensor.numel


def library_kernels(
    each: Stored, kept: Mapping[int, Stored], torch: Torch, *, is_last: bool
) -> Iterator[Kernel]:
    """The kernels of libraries that an operator still needs.

    What the compiler's kernels make lies in the order in which it is asked for: no copies of that.

    Args:
        each: the operator.
        kept: by place, all that is stored.
        torch: the version.
        is_last: whether images have their channels last.
    """
    operation = each.node.operation
    if is_convolution(each.node):
        if is_last and operation.outputs[0].ndim == IMAGES:
            operation = _with_channels_last(operation)
        given = each.readings[0][0]
        if given.maker is not None and given.tensor.numel < kept[given.maker].node.elements:
            yield copy_of(given.tensor)  # some channels of it, which a library wants by themselves
        kernels = kernels_of(operation, torch)
        yield from (kernel for kernel in kernels if kernel.kind not in ADDED)
        return
    is_made = all(kept[maker].node.role != "library" for maker, _ in edges(each))
    kernels = kernels_of(operation, torch)
    if any(kernel.kind == "softmax" for kernel in kernels):
        yield from _attention_in_steps(operation, kernels, is_made=is_made)
        return
    for kernel in kernels:
        if kernel.kind not in ADDED:
            yield kernel
        elif kernel.kind == "copy" and not is_made:
            yield replace(kernel, kind="fused")


def _attention_in_steps(
    operation: Operation, kernels: Sequence[Kernel], *, is_made: bool
) -> Iterator[Kernel]:
    """Two products, and one kernel for all between them; one for each operand that is cast."""
    scored, weighed = (kernel for kernel in kernels if kernel.kind == "product")
    nbytes = BITS[scored.dtype] // 8
    operands = [operation.args[name] for name in ("query", "key", "value")]
    for tensor in () if is_made else operands:
        assert isinstance(tensor, TensorSpec)
        yield Kernel("fused", tensor.nbytes + nbytes * tensor.numel, dtype=scored.dtype)
    yield scored
    mask = operation.args.get("attn_mask")
    added = mask.nbytes if isinstance(mask, TensorSpec) else 0
    between = next(kernel for kernel in kernels if kernel.kind == "softmax")
    yield Kernel("fused reduction", between.nbytes + added, dtype=between.dtype)
    yield weighed


def _with_channels_last(operation: Operation) -> Operation:
    """A convolution of images whose channels are last in memory."""
    given = operation.args["input"]
    assert isinstance(given, TensorSpec)
    return replace(
        operation,
        args={**operation.args, "input": _channels_last(given)},
        outputs=tuple(map(_channels_last, operation.outputs)),
    )


def _channels_last(images: TensorSpec) -> TensorSpec:
    _, channels, height, width = images.shape
    strides = (channels * height * width, 1, channels * width, channels)
    return TensorSpec(images.shape, images.dtype, strides)
