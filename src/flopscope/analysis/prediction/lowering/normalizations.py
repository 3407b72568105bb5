"""Normalisation layers and softmax: a pass each, and a copy of what doesn't lie in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering.products import copy_of
from flopscope.analysis.prediction.lowering.table import Rule, in_one_pass, lowered, one_pass
from flopscope.records import Operation

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
        yield kernel

    return rule


lowered("aten.layer_norm", "aten.native_layer_norm")(in_order("layer norm"))
lowered("aten.group_norm", "aten.native_group_norm", "aten.instance_norm")(in_order("group norm"))
lowered("aten.rms_norm", "aten._fused_rms_norm")(in_order("rms norm"))
lowered("aten.softmax", "aten.log_softmax", "aten._softmax", "aten._log_softmax")(
    in_order("softmax")
)
