"""Images are laid out with channels last where convolutions in groups are not most of the work."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.compiled.images import MULTIPLIERS, TOO_FEW
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.compiled.flows import CHANNELS, IMAGES, Flow
from tests.unit.analysis.prediction.lowering.operations import channels_last
from tests.unit.costs.operations import operation


def test_convolutions_run_with_channels_last_and_turn_nothing() -> None:
    flow = Flow()
    flow.convolution(flow.convolution(filters=(CHANNELS, CHANNELS, 1, 1)))

    assert flow.kinds == ["pointwise convolution last", "convolution last"]


@pytest.mark.parametrize(("window", "is_last"), [(1, False), (3, True)])
def test_groups_that_are_much_of_the_work_leave_channels_first(
    window: int, *, is_last: bool
) -> None:
    """Channels last are taken to be faster up to a part r in groups: 1.358 r + 0.783 (1 - r) <= 1.

    Half of 9 positions' products are in two groups, beside those of one position, or of 9.
    """
    flow = Flow()
    made = flow.convolution(filters=(CHANNELS, CHANNELS // 2, 3, 3), groups=2)
    flow.convolution(made, filters=(CHANNELS, CHANNELS, window, window))

    part = 4.5 / (4.5 + window**2)
    slower = MULTIPLIERS["grouped"] * part + MULTIPLIERS["small"] * (1 - part)
    assert (slower <= 1) == is_last
    assert ("transpose grouped" in flow.kinds) != is_last
    assert ("grouped last" in flow.kinds) == is_last


@pytest.mark.parametrize("is_last", [False, True])
def test_a_mean_over_positions_is_apart_with_channels_last_also_if_they_were_before(
    *, is_last: bool
) -> None:
    """What is normalised is written for both of its readers, and read again for the mean."""
    images = channels_last(*IMAGES.shape) if is_last else IMAGES
    flow = Flow(images)
    normed = flow.batch_norm(flow.convolution())
    flow.mean(normed)
    flow.convolution(normed)

    assert [kind for kind in flow.kinds if kind.startswith("fused")] == [
        "fused",
        "fused outer reduction",
    ]


def test_a_mean_over_positions_is_fused_with_channels_first() -> None:
    """A model that is no more than groups keeps them so."""
    flow = Flow()
    normed = flow.batch_norm(flow.convolution(filters=(CHANNELS, CHANNELS // 2, 3, 3), groups=2))
    flow.mean(normed)
    flow.convolution(normed, filters=(CHANNELS, CHANNELS // 2, 3, 3), groups=2)

    assert [kind for kind in flow.kinds if kind.startswith("fused")] == ["fused reduction"]


def test_a_convolution_among_many_other_operators_is_left_as_it_is() -> None:
    flow = Flow()
    made = flow.convolution()
    for _ in range(TOO_FEW):
        made = flow.pointwise("relu", made)

    assert flow.kinds == ["convolution", "transpose convolution", "fused"]


def test_some_channels_of_what_was_fused_are_copied_for_a_convolution() -> None:
    """A library takes no slices: half of the channels are read and written first."""
    flow = Flow()
    joined = flow.joined(flow.convolution(), flow.convolution())
    flow.convolution(flow.pointwise("relu", joined, out=flow.calls[joined].operation.outputs[0]))

    (copied,) = (kernel for kernel in flow.kernels if kernel.kind == "copy")
    assert copied.nbytes == 2 * IMAGES.nbytes


def test_a_model_without_convolutions_has_none_to_lay_out() -> None:
    flow = Flow()
    rows = TensorSpec((64, 64), "float16")
    flow.run(operation("mm", rows, self=rows, mat2=rows))

    assert flow.kinds == ["product"]
