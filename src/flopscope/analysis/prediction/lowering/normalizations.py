"""Normalisation layers and softmax: a pass each, and a copy of what doesn't lie in order."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering.products import copy_of
from flopscope.analysis.prediction.lowering.table import in_one_pass, lowered, one_pass
from flopscope.records import Operation

lowered("aten.batch_norm", "aten.native_batch_norm")(in_one_pass("batch norm"))
lowered("aten.group_norm", "aten.native_group_norm", "aten.instance_norm")(
    in_one_pass("group norm")
)
lowered("aten.rms_norm", "aten._fused_rms_norm")(in_one_pass("rms norm"))
lowered("aten.softmax", "aten.log_softmax", "aten._softmax", "aten._log_softmax")(
    in_one_pass("softmax")
)


@lowered("aten.layer_norm", "aten.native_layer_norm")
def layer_norm(operation: Operation) -> Iterator[Kernel]:
    """A pass over a contiguous input: another is copied first.

    Source: ``layer_norm_cuda`` in ATen/native/cuda/layer_norm_kernel.cu (``expect_contiguous``).
    """
    given = next(operation.tensors())
    if given.strides is not None:
        yield copy_of(given)
    yield one_pass("layer norm", operation)
