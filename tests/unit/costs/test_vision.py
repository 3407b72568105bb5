from __future__ import annotations

import pytest

from flopscope.costs import cost_of
from tests.unit.costs.operations import cost, flops, operation, spec


def test_a_deformable_convolution_has_the_macs_of_a_plain_one() -> None:
    image, filters, out = spec(2, 8, 10, 10), spec(16, 4, 3, 3), spec(2, 16, 8, 8)
    plain = cost("conv2d", out, input=image, weight=filters, bias=None)
    points = 2 * 9 * 8 * 8
    deformed = cost(
        "torchvision.deform_conv2d",
        out,
        input=image,
        weight=filters,
        offset=spec(2, 2 * 9, 8, 8),
        use_mask=True,
    )
    assert deformed.macs == plain.macs
    assert deformed.other_flops == out.numel + points * 12 + points * 8 * (8 + 1)


@pytest.mark.parametrize(("op", "points"), [("roi_align", 5 * 49), ("ps_roi_align", 5 * 49 * 8)])
def test_a_region_is_the_mean_of_interpolated_points(op: str, points: int) -> None:
    """4 points per output: 8 FLOPs each and a division; 10 per point for its weights."""
    out = spec(5, 8, 7, 7)
    found = flops(f"torchvision.{op}", out, input=spec(1, 8, 32, 32), sampling_ratio=2)
    assert found == out.numel * (4 * 8 + 1) + points * 4 * 10


def test_a_region_whose_points_depend_on_its_box_is_not_counted() -> None:
    adaptive = operation("torchvision.roi_align", spec(5, 8, 7, 7), sampling_ratio=-1)
    assert cost_of(adaptive)[0] == "uncounted"


def test_suppression_compares_every_pair_of_boxes() -> None:
    boxes = spec(1000, 4)
    expected = 1000 * 10 + 3 * 1000 + 13 * (1000 * 999 // 2)
    assert flops("torchvision.nms", spec(300, dtype="int64"), dets=boxes) == expected


@pytest.mark.parametrize(("op", "points"), [("_roi_align", 5 * 49), ("_ps_roi_align", 5 * 49 * 8)])
def test_the_gradient_of_a_region_goes_to_four_neighbours_of_each_point(
    op: str, points: int
) -> None:
    """A product, a quotient and a sum for each neighbour; 10 per point for their weights."""
    grad = spec(5, 8, 7, 7)
    found = flops(f"torchvision.{op}_backward", spec(1, 8, 32, 32), grad=grad, sampling_ratio=2)
    assert found == 4 * (grad.numel * 4 * 3 + points * 10)


def test_gradients_of_a_deformable_convolution_are_two_more_of_it() -> None:
    image, filters, grad = spec(2, 8, 10, 10), spec(16, 8, 3, 3), spec(2, 16, 8, 8)
    samples = 2 * 8 * 9 * 8 * 8
    given = {"input": image, "weight": filters, "offset": spec(2, 2 * 9, 8, 8), "use_mask": False}
    forward = cost("torchvision.deform_conv2d", grad, **given)
    backward = cost("torchvision._deform_conv2d_backward", image, grad=grad, **given)
    assert backward.macs == 2 * forward.macs
    assert backward.other_flops == forward.other_flops + samples * (4 * 2 + 2 * 8)
