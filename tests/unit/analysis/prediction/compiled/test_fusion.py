"""What a compiler fuses moves what comes from outside and what is read outside, each once."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.fitted import priors
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.compiled.flows import IMAGES, SCALES, Flow
from tests.unit.analysis.prediction.lowering.operations import attention, linear
from tests.unit.costs.operations import operation

ONE = IMAGES.nbytes
"""Bytes of one tensor of halves, as everything here is."""


def block(flow: Flow, skipped: int, activation: str = "relu") -> int:
    """A convolution, its norm, a residual sum and an activation."""
    normed = flow.batch_norm(flow.convolution(skipped))
    return flow.pointwise(activation, flow.pointwise("add", normed, skipped))


def test_a_norm_a_sum_and_an_activation_are_one_kernel() -> None:
    """It reads the convolution and what was skipped, and writes one result."""
    flow = Flow()
    skipped = flow.convolution()
    block(flow, skipped)

    assert flow.kinds == ["convolution last", "convolution last", "fused"]
    assert flow.fused == [ONE + ONE + SCALES + ONE]


def test_what_two_kernels_read_is_written_once() -> None:
    """The first block's result goes to a convolution and to the second block's sum."""
    flow = Flow()
    block(flow, block(flow, flow.convolution()))

    assert flow.fused == [3 * ONE + SCALES] * 2


def test_no_kernel_waits_for_itself() -> None:
    """The sum reads the first activation, and a convolution of it: it can't be in its kernel."""
    flow = Flow()
    first = flow.pointwise("relu", flow.batch_norm(flow.convolution()))
    flow.pointwise("add", flow.convolution(first), first)

    assert flow.kinds == ["convolution last", "fused", "convolution last", "fused"]
    assert flow.fused == [2 * ONE + SCALES, 3 * ONE]


def test_a_bias_is_added_by_what_reads_the_convolution() -> None:
    flow = Flow()
    flow.pointwise("relu", flow.convolution(bias=True))

    assert flow.kinds == ["convolution last", "fused"]
    assert flow.fused == [2 * ONE + IMAGES.shape[1] * 2]  # a half for each channel


def test_what_is_written_in_place_is_written_once() -> None:
    flow = Flow()
    normed = flow.batch_norm(flow.convolution())
    flow.pointwise("relu_", normed)

    assert flow.fused == [2 * ONE + SCALES]


def test_what_does_not_lead_to_the_result_is_not_run() -> None:
    flow = Flow()
    made = flow.convolution()
    flow.run(operation("relu", IMAGES, ["pointwise"], self=IMAGES), made, is_used=False)

    assert flow.fused == []


def test_what_is_pooled_is_in_memory_first() -> None:
    """9 of its elements make one: a quarter of them is written."""
    flow = Flow()
    flow.pooled(flow.pointwise("relu", flow.batch_norm(flow.convolution())))

    assert flow.kinds == ["convolution last", "fused", "fused window"]
    assert flow.fused == [2 * ONE + SCALES, ONE + ONE / 4]


@pytest.mark.parametrize("tensors", [8, 9])
def test_more_than_eight_tensors_are_joined_by_a_kernel_of_its_own(tensors: int) -> None:
    """Its result is read again for the activation; up to eight are read for that themselves."""
    flow = Flow()
    joined = flow.joined(*(flow.convolution() for _ in range(tensors)))
    flow.pointwise("relu", joined, out=flow.calls[joined].operation.outputs[0])

    passes = 1 if tensors == 8 else 2
    assert flow.fused == [2 * tensors * ONE] * passes


ROWS = TensorSpec((1024, 768), "float16")
WIDTH = TensorSpec((768,), "float16")


def test_a_layer_norm_is_one_kernel_with_the_sum_before_it() -> None:
    """Two terms are read and what is normalised is written; later the sum is made anew of them."""
    flow = Flow()
    fed = flow.run(linear(ROWS, 768))
    total = flow.pointwise("add", fed, None, out=ROWS)
    norm = operation(
        "layer_norm", ROWS, input=ROWS, normalized_shape=(768,), weight=WIDTH, bias=WIDTH
    )
    again = flow.run(linear(ROWS, 768), flow.run(norm, total))
    flow.pointwise("add", again, total, out=ROWS)

    assert flow.kinds == ["linear", "fused reduction", "linear", "fused"]
    assert flow.fused == [(2 + 1) * ROWS.nbytes + 2 * WIDTH.nbytes, (3 + 1) * ROWS.nbytes]


def test_rows_that_are_long_are_read_again() -> None:
    """All positions and channels of an image are reduced, and then normalised by a second pass."""
    flow = Flow()
    group = operation("group_norm", IMAGES, input=IMAGES, num_groups=1, weight=None, bias=None)
    flow.pointwise("relu", flow.run(group, flow.convolution()))

    statistics = 4 * IMAGES.shape[0]
    assert flow.kinds[1:] == ["fused outer reduction", "fused"]
    assert flow.fused[0] == ONE + statistics
    assert flow.fused[1] == pytest.approx(2 * ONE + statistics)


def test_attention_in_steps_is_two_products_in_float32_and_one_kernel_between_them() -> None:
    """Heads of five dimensions have no kernel of their own: 4 times 8 of 16 queries of 32."""
    heads = TensorSpec((2, 2, 8, 16, 32), "float16")
    flow = Flow()
    projected = flow.run(linear(TensorSpec((2 * 16, 64), "float16"), 3 * 8 * 2 * 32))
    flow.run(attention(heads), projected, projected, projected)

    scores = 4 * (2 * 2 * 8) * 16 * 16
    assert flow.kinds == ["linear", *["fused"] * 3, "product", "fused reduction", "product"]
    assert [kernel.dtype for kernel in flow.kernels if kernel.kind == "product"] == ["float32"] * 2
    assert flow.fused == [*[(2 + 4) * heads.numel] * 3, 2 * scores]


def test_every_kind_of_fused_kernel_is_priced() -> None:
    flow = Flow()
    flow.mean(flow.convolution())
    flow.pooled(flow.pointwise("relu", flow.convolution()))
    flow.run(operation("softmax", ROWS, self=ROWS, dim=-1, dtype=None), None)

    found = {kind for kind in flow.kinds if kind.startswith("fused")}
    assert found == {kind for kind in priors() if kind.startswith("fused")}


def test_a_fused_kernel_is_for_its_first_operator() -> None:
    flow = Flow()
    flow.pointwise("relu", flow.batch_norm(flow.convolution()))

    assert [each.operation.op for each in flow.launches] == ["aten.conv2d", "aten.batch_norm"]


def test_of_a_trace_without_its_flow_every_operator_is_a_kernel() -> None:
    flow = Flow()
    for _ in range(2):
        flow.run(operation("relu", IMAGES, ["pointwise"], self=IMAGES), None)

    assert flow.fused == [2 * ONE] * 2
