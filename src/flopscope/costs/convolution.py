"""Convolutions: multiply-accumulates over output positions, or input positions when transposed."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.costs.complex_numbers import real_macs
from flopscope.records import TensorSpec


@formula(
    "aten.conv1d",
    "aten.conv2d",
    "aten.conv3d",
    "aten.thnn_conv2d",
    "aten.slow_conv3d",
    "aten._slow_conv2d_forward",
    "aten.slow_conv3d_forward",
    "aten.slow_conv_dilated2d",
    "aten.slow_conv_dilated3d",
    "aten._conv_depthwise2d",
    "aten.conv_depthwise3d",
    "aten._nnpack_spatial_convolution",
    "aten._mps_convolution",
    "aten.mkldnn_convolution",
    "aten.cudnn_convolution",
    "aten.miopen_convolution",
    "aten.miopen_depthwise_convolution",
)
def convolution_forward(
    weight: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None
) -> Cost:
    """Each output element is a dot product with one filter, padding included.

    The filters, (C_out, C_in / groups, *kernel), already hold the division by the groups.
    """
    return Cost(real_macs(out.numel * math.prod(weight.shape[1:]), out), _bias(out, bias))


@formula("aten.cudnn_convolution_relu", "aten.miopen_convolution_relu")
def convolution_relu(weight: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None) -> Cost:
    """A convolution whose outputs are compared with zero."""
    return convolution_forward(weight, out, bias) + Cost(other_flops=out.numel)


@formula("aten.cudnn_convolution_add_relu", "aten.miopen_convolution_add_relu")
def convolution_add_relu(
    weight: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None
) -> Cost:
    """A convolution, the addition of ``alpha * z`` (2 per output) and a ReLU."""
    return convolution_forward(weight, out, bias) + Cost(other_flops=3 * out.numel)


@formula(
    "aten.conv_transpose1d",
    "aten.conv_transpose2d",
    "aten.conv_transpose3d",
    "aten.slow_conv_transpose2d",
    "aten.slow_conv_transpose3d",
    "aten.cudnn_convolution_transpose",
    "aten.miopen_convolution_transpose",
    "aten._mps_convolution_transpose",
)
def convolution_transposed(
    input: TensorSpec, weight: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None
) -> Cost:
    """Each input element is spread by one filter, also onto the border that padding crops.

    The filters are (C_in, C_out / groups, *kernel).
    """
    return Cost(real_macs(input.numel * math.prod(weight.shape[1:]), out), _bias(out, bias))


@formula("aten.convolution", "aten._convolution", "aten.convolution_overrideable")
def convolution(
    input: TensorSpec,
    weight: TensorSpec,
    transposed: bool,
    out: TensorSpec,
    bias: TensorSpec | None = None,
) -> Cost:
    """Either direction, as its argument says."""
    if transposed:
        return convolution_transposed(input, weight, out, bias)
    return convolution_forward(weight, out, bias)


@formula("aten.conv_tbc")
def convolution_time_first(self: TensorSpec, weight: TensorSpec, out: TensorSpec) -> Cost:
    """(time, batch, channels) with filters (kernel, C_in, C_out) and always a bias."""
    return Cost(out.numel * weight.shape[0] * self.shape[2], out.numel)


@formula("aten.convolution_backward", "aten.convolution_backward_overrideable")
def convolution_backward(
    grad_output: TensorSpec,
    input: TensorSpec,
    weight: TensorSpec,
    transposed: bool,
    output_mask: tuple[bool, bool, bool],
) -> Cost:
    """The forward products once for the input's gradient and once for the weight's.

    Every forward product ``x * w`` gives ``dy * w`` to one gradient and ``dy * x`` to the other, so
    groups divide both. The bias's gradient sums the output's.
    """
    visited = input if transposed else grad_output
    forward = real_macs(visited.numel * math.prod(weight.shape[1:]), weight)
    for_input, for_weight, for_bias = output_mask
    return Cost(forward * (for_input + for_weight), grad_output.numel * for_bias)


@formula("aten._slow_conv2d_backward")
def convolution_backward_slow(
    grad_output: TensorSpec, weight: TensorSpec, output_mask: tuple[bool, bool, bool] = (True,) * 3
) -> Cost:
    """As :func:`convolution_backward`, ungrouped."""
    return convolution_backward(grad_output, grad_output, weight, False, output_mask)


def _bias(out: TensorSpec, bias: TensorSpec | None) -> int:
    return 0 if bias is None else out.numel
