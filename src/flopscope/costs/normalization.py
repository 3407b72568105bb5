"""Normalisations, forward: their naive reference loops counted operation by operation.

For n elements in g groups (rows, channels or samples x groups): the mean takes n additions and g
divisions, centring n subtractions, the variance n squares, n additions and g divisions, its inverse
root g additions of eps and g rsqrt, scaling n products; weight and bias n each. That is 5n + 4g
plain.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec

Optional: TypeAlias = "TensorSpec | None"


@formula("aten.layer_norm", "aten.native_layer_norm", "quantized.layer_norm")
def layer_norm(
    input: TensorSpec, normalized_shape: tuple[int, ...], weight: Optional, bias: Optional
) -> Cost:
    """Every row of ``normalized_shape`` elements by its own mean and variance."""
    return standardise(input, rows_of(input, normalized_shape), weight, bias)


@formula("aten.group_norm", "quantized.group_norm")
def group_norm(
    input: TensorSpec, num_groups: int, weight: Optional = None, bias: Optional = None
) -> Cost:
    """Every group of channels of every sample by its own mean and variance."""
    return standardise(input, input.shape[0] * num_groups, weight, bias)


@formula("aten.native_group_norm")
def native_group_norm(
    input: TensorSpec, weight: Optional, bias: Optional, N: int, group: int
) -> Cost:
    """As :func:`group_norm`."""
    return standardise(input, N * group, weight, bias)


@formula("aten.instance_norm")
def instance_norm(
    input: TensorSpec,
    weight: Optional,
    bias: Optional,
    running_mean: Optional,
    use_input_stats: bool,
) -> Cost:
    """Every channel of every sample by its own statistics, or by the running ones."""
    if not use_input_stats:
        return fold(input, input.shape[1], weight, bias)
    instances = input.shape[0] * input.shape[1]
    updates = 0 if running_mean is None else _running_update(instances)
    return standardise(input, instances, weight, bias) + Cost(other_flops=updates)


@formula("quantized.instance_norm")
def quantized_instance_norm(input: TensorSpec, weight: Optional, bias: Optional) -> Cost:
    """As :func:`instance_norm`, by each instance's own statistics."""
    return standardise(input, input.shape[0] * input.shape[1], weight, bias)


@formula(
    "aten.batch_norm",
    "aten.native_batch_norm",
    "aten._native_batch_norm_legit",
    "aten._native_batch_norm_legit_functional",
    "aten.cudnn_batch_norm",
    "aten.miopen_batch_norm",
)
def batch_norm(
    input: TensorSpec,
    weight: Optional,
    bias: Optional,
    training: bool,
    running_mean: Optional = None,
) -> Cost:
    """Every channel by the batch's statistics in training, by the running ones in inference."""
    if not training:
        return fold(input, input.shape[1], weight, bias)
    channels = input.shape[1]
    updates = 0 if running_mean is None else _running_update(channels)
    return standardise(input, channels, weight, bias) + Cost(other_flops=updates)


@formula("aten._batch_norm_with_update", "aten._batch_norm_with_update_functional")
def batch_norm_training(
    input: TensorSpec, weight: Optional, bias: Optional, running_mean: TensorSpec
) -> Cost:
    """As :func:`batch_norm` in training."""
    return batch_norm(input, weight, bias, True, running_mean)


@formula(
    "aten._native_batch_norm_legit_no_training",
    "aten._batch_norm_no_update",
    "aten.quantized_batch_norm",
)
def batch_norm_inference(input: TensorSpec, weight: Optional, bias: Optional) -> Cost:
    """As :func:`batch_norm` in inference."""
    return fold(input, input.shape[1], weight, bias)


@formula(
    "quantized.batch_norm",
    "quantized.batch_norm1d",
    "quantized.batch_norm2d",
    "quantized.batch_norm3d",
    "onednn.qbatch_norm2d",
)
def quantized_batch_norm(qx: TensorSpec, weight: Optional, bias: Optional) -> Cost:
    """As :func:`batch_norm` in inference."""
    return fold(qx, qx.shape[1], weight, bias)


@formula(
    "quantized.batch_norm_relu",
    "quantized.batch_norm1d_relu",
    "quantized.batch_norm2d_relu",
    "quantized.batch_norm3d_relu",
)
def quantized_batch_norm_relu(qx: TensorSpec, weight: Optional, bias: Optional) -> Cost:
    """As :func:`quantized_batch_norm`, then a comparison with zero."""
    return fold(qx, qx.shape[1], weight, bias) + Cost(other_flops=qx.numel)


@formula("aten.batch_norm_stats")
def batch_norm_stats(input: TensorSpec) -> Cost:
    """A channel's mean and inverse deviation, without the scaling: 4n + 4g."""
    return Cost(other_flops=4 * input.numel + 4 * input.shape[1])


@formula("aten.batch_norm_update_stats")
def batch_norm_update_stats(input: TensorSpec) -> Cost:
    """A channel's mean and variance into the running ones: 4n + 2g and the update."""
    channels = input.shape[1]
    return Cost(other_flops=4 * input.numel + 2 * channels + _running_update(channels))


@formula("aten.batch_norm_elemt")
def batch_norm_scale(input: TensorSpec, weight: Optional, bias: Optional) -> Cost:
    """Centre and scale by statistics gathered beforehand, then the affine part."""
    return Cost(other_flops=2 * input.numel + _affine(input, weight, bias))


@formula("aten.rms_norm", "aten._fused_rms_norm")
def rms_norm(input: TensorSpec, normalized_shape: tuple[int, ...], weight: Optional = None) -> Cost:
    """n squares, n additions, n products; per row a division, the addition of eps and a rsqrt."""
    rows = rows_of(input, normalized_shape)
    return Cost(other_flops=3 * input.numel + 3 * rows + _affine(input, weight, None))


@formula("aten._weight_norm_interface", "aten._weight_norm")
def weight_norm(v: TensorSpec, g: TensorSpec) -> Cost:
    """``v * (g / norm(v))``: n squares, n additions, n products; per norm a root and a division."""
    return Cost(other_flops=3 * v.numel + 2 * g.numel)


def standardise(input: TensorSpec, groups: int, weight: Optional, bias: Optional) -> Cost:
    """Each group by its own mean and variance, then scaled and shifted: see the module's text."""
    return Cost(other_flops=5 * input.numel + 4 * groups + _affine(input, weight, bias))


def fold(input: TensorSpec, channels: int, weight: Optional, bias: Optional) -> Cost:
    """``x * scale - shift``, 2 per element, with both folded once per channel.

    ``scale = weight * rsqrt(var + eps)`` and ``shift = mean * scale - bias``: 3 per channel, and
    one more for each of weight and bias.
    """
    per_channel = 3 + (weight is not None) + (bias is not None)
    return Cost(other_flops=2 * input.numel + channels * per_channel)


def rows_of(input: TensorSpec, normalized_shape: tuple[int, ...]) -> int:
    """How many rows of ``normalized_shape`` elements a tensor has."""
    return math.prod(input.shape[: input.ndim - len(normalized_shape)])


def _affine(input: TensorSpec, weight: Optional, bias: Optional) -> int:
    return input.numel * ((weight is not None) + (bias is not None))


def _running_update(channels: int) -> int:
    """``(1 - m) * old + m * new``, 3 per statistic, and the factor n / (n - 1) of the variance."""
    return 7 * channels
