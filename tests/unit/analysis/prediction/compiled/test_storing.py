"""What is read more than once is kept, or made anew: by how much that is made of."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.compiled.storing import IN_FLOAT32
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.compiled.flows import BATCH, CHANNELS, IMAGES, SCALES, Flow

ONE = IMAGES.nbytes
GATE = TensorSpec((BATCH, CHANNELS, 1, 1), "float16")


def excited(activation: str, *, norm: bool = True) -> Flow:
    """An activation, whose mean over positions goes through a convolution and scales it."""
    flow = Flow()
    made = flow.convolution()
    active = flow.pointwise(activation, flow.batch_norm(made) if norm else made)
    gate = flow.pointwise("sigmoid", flow.mean(active), out=GATE)
    flow.pointwise("mul", active, gate, other=GATE)
    return flow


def test_an_activation_that_two_kernels_read_is_kept_in_halves() -> None:
    """It is written, and read for the mean and for the product."""
    flow = excited("relu")

    assert flow.kinds[1:] == ["fused", "fused outer reduction", "fused"]
    assert flow.fused == [2 * ONE + SCALES, ONE + GATE.nbytes, 2 * ONE + GATE.nbytes]


@pytest.mark.parametrize("activation", sorted(op.removeprefix("aten.") for op in IN_FLOAT32))
def test_of_an_activation_in_float32_its_input_is_kept_as_that(activation: str) -> None:
    """Twice the bytes, written once and read twice."""
    flow = excited(activation)

    assert flow.fused == [3 * ONE + SCALES, 2 * ONE + GATE.nbytes, 3 * ONE + GATE.nbytes]


def test_what_is_made_of_little_is_made_anew() -> None:
    """The mean and the product read the convolution, and nothing is written in between."""
    flow = excited("silu", norm=False)

    assert flow.kinds[1:] == ["fused outer reduction", "fused"]
    assert flow.fused == [ONE + GATE.nbytes, 2 * ONE + GATE.nbytes]


@pytest.mark.parametrize("terms", [4, 5])
def test_more_than_four_tensors_are_too_many_to_read_again(terms: int) -> None:
    flow = Flow()
    total = flow.convolution()
    for _ in range(terms - 1):
        total = flow.pointwise("add", total, flow.convolution())
    flow.mean(total)
    flow.pointwise("mul", total, flow.convolution(total))

    kinds = [kind for kind in flow.kinds if kind != "convolution last"]
    assert kinds == ["fused", "fused outer reduction", "fused"]
    assert flow.fused[0] == (terms + 1) * ONE
