"""Normalisation layers and softmax: a pass each, and a copy of what doesn't lie in order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering.products import cast, copy_of
from flopscope.analysis.prediction.lowering.table import Rule, Torch, in_one_pass, lowered, one_pass
from flopscope.dtypes import BITS
from flopscope.records import Operation, TensorSpec, integers_in

lowered("aten.batch_norm", "aten.native_batch_norm")(in_one_pass("batch norm"))


def in_order(kind: str) -> Rule:
    """The rule of operators that are one pass over a contiguous input: another is copied first.

    Source: ``layer_norm_cuda`` and ``_fused_rms_norm_cuda`` in
    ATen/native/cuda/layer_norm_kernel.cu, ``group_norm`` in ATen/native/group_norm.cpp,
    ``instance_norm`` in ATen/native/Normalization.cpp, ``host_softmax`` in
    ATen/native/cuda/SoftMax.cu.
    """

    def rule(operation: Operation) -> Iterator[Kernel]:
        given = next(operation.tensors())
        kernel = one_pass(kind, operation)
        if given.strides is not None:
            yield copy_of(given)
            kernel = replace(kernel, scattered_nbytes=0)
        yield by_rows(kernel, given, row_of(operation))

    return rule


def by_rows(kernel: Kernel, given: TensorSpec, row: int) -> Kernel:
    """A kernel as one that works on so many elements of a tensor together, row after row."""
    return replace(kernel, elements=given.numel, rows=given.numel / max(row, 1))


def row_of(operation: Operation) -> int:
    """How many elements a norm or a softmax works on together; 1 of a tensor that has no sides."""
    given, args = next(operation.tensors()), operation.args
    if "normalized_shape" in args:
        return math.prod(integers_in(args["normalized_shape"]))
    if isinstance(groups := args.get("num_groups", args.get("group")), int):
        return math.prod(given.shape[1:]) // groups
    if isinstance(dim := args.get("dim"), int):
        return given.shape[dim] if given.shape else 1
    return math.prod(given.shape[2:])


lowered("aten.layer_norm", "aten.native_layer_norm")(in_order("layer norm"))


@lowered("aten.group_norm", "aten.native_group_norm", "aten.instance_norm")
def group_norm(operation: Operation) -> Iterator[Kernel]:
    """A pass for the moments of each group, and one that applies them.

    Source: ``GroupNormKernelImplInternal`` in ATen/native/cuda/group_norm_kernel.cu.
    """
    given, out = next(operation.tensors()), operation.outputs[0]
    if given.strides is not None:
        yield copy_of(given)
    moments = Kernel("moments", given.nbytes, dtype=given.dtype)
    yield by_rows(moments, given, row_of(operation))
    yield Kernel("group norm", given.nbytes + out.nbytes, dtype=out.dtype)


lowered("aten.rms_norm", "aten._fused_rms_norm")(in_order("rms norm"))

RMS_NORM_FUSED: Torch = (2, 9)
"""The version that first had a kernel for it: earlier ones compute it step by step in float32."""


@lowered("aten.rms_norm", before=RMS_NORM_FUSED)
def rms_norm_in_steps(operation: Operation) -> Iterator[Kernel]:
    """Squares, their mean, its inverse root and two products, between casts of halves.

    Source: ``rms_norm`` in ATen/native/layer_norm.cpp.
    """
    given, out = next(operation.tensors()), operation.outputs[0]
    wide = replace(given, dtype="float32", strides=None)
    is_half = BITS[given.dtype] == BITS["float16"]
    if is_half:
        yield cast(given, "float32")
    yield Kernel("pointwise", 2 * wide.nbytes, dtype="float32")
    yield Kernel("reduction", wide.nbytes, dtype="float32")
    yield Kernel("indexed pointwise", 2 * wide.nbytes, dtype="float32")
    if is_half:
        yield cast(wide, given.dtype)
    if operation.args.get("weight") is not None:
        yield Kernel("indexed pointwise", 2 * out.nbytes, dtype=out.dtype)


lowered("aten.softmax", "aten.log_softmax", "aten._softmax", "aten._log_softmax")(
    in_order("softmax")
)
