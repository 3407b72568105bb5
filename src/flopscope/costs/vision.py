"""torchvision's operators: deformable convolution, pooling of regions, suppression of boxes."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.costs.reduction import levels
from flopscope.records import TensorSpec

BILINEAR_POINT = 10
"""Once per point: two floors, two fractions, their complements, four products of weights."""

BILINEAR_TAPS = 8
"""Once per point and channel: four products, each added."""


@formula("torchvision.deform_conv2d")
def deformable_convolution(
    input: TensorSpec,
    weight: TensorSpec,
    offset: TensorSpec,
    use_mask: bool,
    out: TensorSpec,
) -> Cost:
    """A convolution over sampled positions; the bias is always there, zero or not.

    Each of the kernel's points at each output position is moved by its offset (2 additions) and
    interpolated in every input channel, times the mask if there is one.
    """
    points = offset.numel // 2
    samples = out.shape[0] * input.shape[1] * math.prod((*weight.shape[2:], *out.shape[2:]))
    sampled = points * (2 + BILINEAR_POINT) + samples * (BILINEAR_TAPS + use_mask)
    return Cost(out.numel * math.prod(weight.shape[1:]), out.numel + sampled)


@formula("torchvision.roi_align", "torchvision.qroi_align")
def region_align(sampling_ratio: int, out: TensorSpec) -> Cost | None:
    """The mean of ``sampling_ratio`` squared interpolated points per output.

    None where the ratio is not positive: the number of points then depends on the boxes.
    """
    return _align(sampling_ratio, out, out.numel // out.shape[1] if out.numel else 0)


@formula("torchvision.ps_roi_align")
def position_sensitive_align(sampling_ratio: int, out: TensorSpec) -> Cost | None:
    """As :func:`region_align`; every output channel has a channel of its own at every position."""
    return _align(sampling_ratio, out, out.numel)


@formula("torchvision.nms")
def non_maximum_suppression(dets: TensorSpec) -> Cost:
    """Sort the scores, 3 per box for its area, then 13 per pair: as if no box were suppressed.

    A pair takes 4 comparisons for the corners, 2 differences and 2 comparisons with zero for the
    sides, a product, a sum and a difference for the union, the quotient and its comparison.
    """
    boxes = dets.shape[0]
    pairs = boxes * (boxes - 1) // 2
    return Cost(other_flops=boxes * levels(boxes) + 3 * boxes + 13 * pairs)


def _align(sampling_ratio: int, out: TensorSpec, bins: int) -> Cost | None:
    if sampling_ratio <= 0:
        return None
    points = sampling_ratio**2
    return Cost(
        other_flops=bins * points * BILINEAR_POINT + out.numel * (points * BILINEAR_TAPS + 1)
    )
