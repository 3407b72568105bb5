"""Matrix products: linear layers and products of batches, with the copies that these need."""

from __future__ import annotations

import math
from collections.abc import Iterator

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.layout import (
    dense_nbytes,
    expanded,
    merges,
    misaligned,
    scattered_in_copy,
    tile_waste,
)
from flopscope.analysis.prediction.lowering.table import lowered
from flopscope.costs import cost_of
from flopscope.dtypes import BITS
from flopscope.records import Operation, TensorSpec


def copy_of(tensor: TensorSpec) -> Kernel:
    """The kernel that puts a tensor's elements into the order in which they are visited."""
    return Kernel("copy", 2 * dense_nbytes(tensor), scattered_in_copy(tensor), dtype=tensor.dtype)


def cast(tensor: TensorSpec, dtype: str) -> Kernel:
    """The kernel that copies a tensor into another type, as it lies."""
    written = tensor.numel * BITS[dtype] // 8
    return Kernel("cast", tensor.nbytes + written, dtype=dtype)


def bias_added(out: TensorSpec) -> Kernel:
    """The kernel that adds a bias to a result, where that is no part of what made it."""
    return Kernel("bias", 2 * out.nbytes, dtype=out.dtype)


@lowered("aten.linear")
def linear(operation: Operation) -> Iterator[Kernel]:
    """One product; of an input that isn't contiguous, a copy and the bias are apart.

    Source: ``at::linear`` in ATen/native/Linear.cpp.
    """
    given, weight = operation.args["input"], operation.args["weight"]
    assert isinstance(given, TensorSpec)
    assert isinstance(weight, TensorSpec)
    out = operation.outputs[0]
    is_fused = given.strides is None or given.ndim == 2
    if given.strides is not None and not _is_a_matrix(given):
        yield copy_of(given)
    yield Kernel(
        "linear",
        given.nbytes + weight.nbytes + out.nbytes,
        macs=cost_of(operation)[1].macs,
        rows=math.prod(given.shape[:-1]),
        columns=weight.shape[0] if weight.ndim > 1 else 1,
        depth=weight.shape[-1],
        is_misaligned=misaligned(given.dtype, *weight.shape),
        tile_waste=tile_waste(*weight.shape),
        dtype=given.dtype,
    )
    if not is_fused and operation.args.get("bias") is not None:
        yield bias_added(out)


def _is_a_matrix(tensor: TensorSpec) -> bool:
    """Whether a product takes it as it is: rows in order, and one of the two sides contiguous."""
    if tensor.strides is None:
        return True
    return merges(tensor, tensor.ndim - 1) and 1 in tensor.strides[-2:]


@lowered("aten.matmul", "aten.bmm", "aten.mm", "aten.addmm", "aten.baddbmm", "aten.addbmm")
def product(operation: Operation) -> Iterator[Kernel]:
    """Products of two batches; an operand whose batch isn't one of memory's is copied first.

    So is one that is broadcast over a part of the batch, but not over all of it.
    Source: ``at::matmul`` in ATen/native/LinearAlgebra.cpp, which expands and reshapes both.
    """
    matrices = [tensor for tensor in operation.tensors() if tensor.ndim > 1][-2:]
    out = operation.outputs[0]
    for tensor in matrices:
        is_alone = len(matrices) == 1  # with a vector, which is broadcast over nothing
        sides = tensor.shape if is_alone else (*out.shape[:-2], *tensor.shape[-2:])
        batch = expanded(tensor, sides)
        if not merges(batch, batch.ndim - 2):
            yield copy_of(batch)
    yield _batch(operation, out)


@lowered("aten.einsum")
def einsum(operation: Operation) -> Iterator[Kernel]:
    """A product of batches, for which the first operand is laid out anew."""
    out = operation.outputs[0]
    first = next(operation.tensors())
    yield Kernel("copy", 2 * dense_nbytes(first), dense_nbytes(first), dtype=first.dtype)
    yield _batch(operation, out)


def _batch(operation: Operation, out: TensorSpec) -> Kernel:
    tensors = list(operation.tensors())
    read = sum(tensor.nbytes for tensor in tensors)
    return product_of(read, out, cost_of(operation)[1].macs, tensors[0].dtype)


def product_of(read_nbytes: int, out: TensorSpec, macs: int, dtype: str) -> Kernel:
    """A batch of products of matrices.

    Args:
        read_nbytes: of both operands.
        out: the result.
        macs: of all of them.
        dtype: of the operands.
    """
    numel = max(out.numel, 1)
    return Kernel(
        "product",
        read_nbytes + out.nbytes,
        macs=macs,
        rows=out.shape[-2] if out.ndim > 1 else 1,
        columns=out.shape[-1] if out.ndim else 1,
        depth=max(1, macs / numel),
        is_misaligned=misaligned(dtype, macs // numel, *out.shape[-1:]),
        products=math.prod(out.shape[:-2]),
        dtype=dtype,
    )
