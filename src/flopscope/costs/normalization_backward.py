"""Derivatives of the normalisations, by the textbook formulas.

With xhat = (x - mean) * rstd, 2n, and h = g * weight (n, where there is a weight), the input's
gradient is

    rstd * (h - sum(h) / m - xhat * sum(h * xhat) / m)

per group of m elements: n for the first sum, 2n for the second, 4n to combine, and 2 divisions per
group. The weight's gradient sums g * xhat, 2n, and the bias's sums g, n.
"""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.costs.normalization import Optional, rows_of
from flopscope.records import TensorSpec

EVERYTHING = (True, True, True)


@formula("aten.native_layer_norm_backward")
def layer_norm_backward(
    input: TensorSpec,
    normalized_shape: tuple[int, ...],
    weight: Optional,
    output_mask: tuple[bool, bool, bool],
) -> Cost:
    """Groups are rows."""
    return backward(input, rows_of(input, normalized_shape), weight, output_mask)


@formula("aten.native_group_norm_backward")
def group_norm_backward(
    input: TensorSpec,
    weight: Optional,
    N: int,
    group: int,
    output_mask: tuple[bool, bool, bool],
) -> Cost:
    """Groups are those of every sample."""
    return backward(input, N * group, weight, output_mask)


@formula("aten.native_batch_norm_backward")
def batch_norm_backward(
    input: TensorSpec,
    weight: Optional,
    train: bool,
    output_mask: tuple[bool, bool, bool],
) -> Cost:
    """Groups are channels; with constant statistics the input's gradient is ``h * rstd``."""
    if train:
        return backward(input, input.shape[1], weight, output_mask)
    for_input, for_weight, for_bias = output_mask
    per_element = (1 + (weight is not None)) * for_input + 4 * for_weight + for_bias
    return Cost(other_flops=input.numel * per_element)


@formula("aten.batch_norm_backward")
def batch_norm_backward_unified(
    input: TensorSpec, weight: Optional, update: bool, output_mask: tuple[bool, bool, bool]
) -> Cost:
    """As :func:`batch_norm_backward`."""
    return batch_norm_backward(input, weight, update, output_mask)


@formula("aten.cudnn_batch_norm_backward", "aten.miopen_batch_norm_backward")
def batch_norm_backward_training(input: TensorSpec, weight: Optional) -> Cost:
    """As :func:`batch_norm_backward`, in training and for everything."""
    return backward(input, input.shape[1], weight, EVERYTHING)


@formula("aten.batch_norm_backward_reduce")
def batch_norm_backward_sums(input: TensorSpec) -> Cost:
    """The two sums of a channel: xhat 2n, one product and two additions per element."""
    return Cost(other_flops=5 * input.numel)


@formula("aten.batch_norm_backward_elemt")
def batch_norm_backward_combine(input: TensorSpec, weight: Optional) -> Cost:
    """The input's gradient from sums gathered beforehand: xhat 2n, h n, and 4n to combine."""
    return Cost(other_flops=input.numel * (6 + (weight is not None)))


@formula("aten._fused_rms_norm_backward")
def rms_norm_backward(
    input: TensorSpec,
    normalized_shape: tuple[int, ...],
    weight: Optional,
    output_mask: tuple[bool, bool],
) -> Cost:
    """Without a mean: xhat n, the sum 2n, 3n to combine and a division per row; the weight's 2n."""
    for_input, for_weight = output_mask
    per_element = 1 + (5 + (weight is not None)) * for_input + 2 * for_weight
    rows = rows_of(input, normalized_shape) * for_input
    return Cost(other_flops=input.numel * per_element + rows)


@formula("aten._weight_norm_interface_backward")
def weight_norm_backward(saved_v: TensorSpec, saved_g: TensorSpec) -> Cost:
    """Of ``v * g / norm``: the sum of grad * v, 2n, and ``a * grad - b * v``, 3n; 6 per norm.

    Those 6 are the direction's derivative ``sum / norm``, ``a = g / norm`` and ``b = a * sum /
    norm**2``.
    """
    return Cost(other_flops=5 * saved_v.numel + 6 * saved_g.numel)


def backward(
    input: TensorSpec, groups: int, weight: Optional, output_mask: tuple[bool, bool, bool]
) -> Cost:
    """The gradients asked for of input, weight and bias: see the module's text."""
    for_input, for_weight, for_bias = output_mask
    per_element = (
        2 * (for_input or for_weight)
        + (7 + (weight is not None)) * for_input
        + 2 * for_weight
        + for_bias
    )
    return Cost(other_flops=input.numel * per_element + 2 * groups * for_input)
