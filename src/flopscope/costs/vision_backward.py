"""Derivatives of torchvision's operators, as its kernels take them."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.costs.vision import BILINEAR_POINT, BILINEAR_TAPS, deformable_convolution
from flopscope.records import TensorSpec

ALIGN_TAPS = 12
"""Once per point and channel: ``g * weight / points``, added, for four neighbours."""

COORDINATE = 8
"""One coordinate's term: two differences, a complement, two products, their sum; times g, added."""


@formula("torchvision._roi_align_backward")
def region_align_backward(grad: TensorSpec, sampling_ratio: int) -> Cost | None:
    """The gradient of each mean, spread over the points and their neighbours.

    None where the ratio is not positive: the number of points then depends on the boxes.
    """
    return _align(sampling_ratio, grad, grad.numel // grad.shape[1] if grad.numel else 0)


@formula("torchvision._ps_roi_align_backward")
def position_sensitive_align_backward(grad: TensorSpec, sampling_ratio: int) -> Cost | None:
    """As :func:`region_align_backward`; every channel has points of its own."""
    return _align(sampling_ratio, grad, grad.numel)


@formula("torchvision._deform_conv2d_backward")
def deformable_convolution_backward(
    grad: TensorSpec, input: TensorSpec, weight: TensorSpec, offset: TensorSpec, use_mask: bool
) -> Cost:
    """The forward MACs once for the samples and once for the weights; the samples again.

    Each sample's gradient goes to four neighbours, to two coordinates, and to the mask if there is
    one, for which it is interpolated. The bias's gradient is a sum.
    """
    forward = deformable_convolution(input, weight, offset, use_mask, grad)
    samples = grad.shape[0] * input.shape[1] * math.prod((*weight.shape[2:], *grad.shape[2:]))
    each = BILINEAR_TAPS + use_mask + 2 * (COORDINATE + use_mask) + use_mask * (BILINEAR_TAPS + 2)
    return Cost(2 * forward.macs, forward.other_flops + samples * each)


def _align(sampling_ratio: int, grad: TensorSpec, bins: int) -> Cost | None:
    if sampling_ratio <= 0:
        return None
    points = sampling_ratio**2
    return Cost(other_flops=points * (bins * BILINEAR_POINT + grad.numel * ALIGN_TAPS))
