"""Pooling, forward and backward: one addition or comparison per element of every window."""

from __future__ import annotations

import math
from functools import partial

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec


def average_pool(rank: int, kernel_size: tuple[int, ...], out: TensorSpec) -> Cost:
    """One addition per window element, padding included, and one division per output."""
    return Cost(other_flops=out.numel * (window(rank, kernel_size) + 1))


def max_pool(rank: int, kernel_size: tuple[int, ...], out: TensorSpec) -> Cost:
    """One comparison per window element, padding included."""
    return Cost(other_flops=out.numel * window(rank, kernel_size))


def average_pool_backward(rank: int, kernel_size: tuple[int, ...], grad_output: TensorSpec) -> Cost:
    """One division per output and one addition per window element."""
    return average_pool(rank, kernel_size, grad_output)


formula("aten.avg_pool1d")(partial(average_pool, 1))
formula("aten.avg_pool2d")(partial(average_pool, 2))
formula("aten.avg_pool3d")(partial(average_pool, 3))
formula("aten.avg_pool2d_backward")(partial(average_pool_backward, 2))
formula("aten.avg_pool3d_backward")(partial(average_pool_backward, 3))
formula(
    "aten.max_pool1d",
    "aten.max_pool1d_with_indices",
    "aten.quantized_max_pool1d",
    "quantized.max_pool1d",
)(partial(max_pool, 1))
formula(
    "aten.max_pool2d",
    "aten.max_pool2d_with_indices",
    "aten.mkldnn_max_pool2d",
    "aten.quantized_max_pool2d",
    "quantized.max_pool2d",
    "aten.fractional_max_pool2d",
)(partial(max_pool, 2))
formula(
    "aten.max_pool3d",
    "aten.max_pool3d_with_indices",
    "aten.mkldnn_max_pool3d",
    "aten.quantized_max_pool3d",
    "aten.fractional_max_pool3d",
)(partial(max_pool, 3))


@formula(
    "aten.adaptive_avg_pool1d",
    "aten.adaptive_avg_pool2d",
    "aten.adaptive_avg_pool3d",
    "aten._adaptive_avg_pool2d",
    "aten._adaptive_avg_pool3d",
    "aten.mkldnn_adaptive_avg_pool2d",
)
def adaptive_average_pool(self: TensorSpec, out: TensorSpec) -> Cost:
    """One addition per element of every window and one division per output."""
    return Cost(other_flops=adaptive_windows(self, out) + out.numel)


@formula(
    "aten.adaptive_max_pool1d",
    "aten.adaptive_max_pool2d",
    "aten.adaptive_max_pool3d",
)
def adaptive_max_pool(self: TensorSpec, out: TensorSpec) -> Cost:
    """One comparison per element of every window."""
    return Cost(other_flops=adaptive_windows(self, out))


@formula(
    "aten._adaptive_avg_pool2d_backward",
    "aten._adaptive_avg_pool3d_backward",
    "aten.adaptive_avg_pool3d_backward",
    "aten.mkldnn_adaptive_avg_pool2d_backward",
)
def adaptive_average_pool_backward(grad_output: TensorSpec, self: TensorSpec) -> Cost:
    """One division per output and one addition per element of every window."""
    return adaptive_average_pool(self, grad_output)


@formula(
    "aten.max_pool2d_backward",
    "aten.max_pool2d_with_indices_backward",
    "aten.max_pool3d_with_indices_backward",
    "aten.mkldnn_max_pool2d_backward",
    "aten.mkldnn_max_pool3d_backward",
    "aten.fractional_max_pool2d_backward",
    "aten.fractional_max_pool3d_backward",
    "aten.adaptive_max_pool2d_backward",
    "aten.adaptive_max_pool3d_backward",
)
def max_pool_backward(grad_output: TensorSpec) -> Cost:
    """Every output's gradient is added to the input that won."""
    return Cost(other_flops=grad_output.numel)


def window(rank: int, kernel_size: tuple[int, ...]) -> int:
    """Elements in one window; a kernel size of one number stands for all dimensions."""
    return math.prod(kernel_size) if len(kernel_size) == rank else kernel_size[0] ** rank


def adaptive_windows(source: TensorSpec, out: TensorSpec) -> int:
    """Elements of all windows of an adaptive pool.

    Along a dimension, output i covers inputs ``floor(i * in / out)`` to ``ceil((i + 1) * in /
    out)``. Dimensions that are not pooled have equal sizes, so windows of one element.
    """
    return math.prod(
        sum(-(-(i + 1) * before // after) - i * before // after for i in range(after))
        for before, after in zip(source.shape, out.shape, strict=True)
    )
