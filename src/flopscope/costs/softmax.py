"""Softmaxes: five operations per element."""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec

SOFTMAX = 5
"""Per element: a comparison for the maximum, subtract it, exp, add to the sum, divide by it."""


@formula(
    "aten.softmax",
    "aten._softmax",
    "aten._safe_softmax",
    "aten._masked_softmax",
    "aten._sparse_softmax",
)
def softmax(self: TensorSpec) -> Cost:
    """Compare, subtract, exp, add and divide: 5 per element."""
    return Cost(other_flops=SOFTMAX * self.numel)


@formula("quantized.softmax")
def quantized_softmax(qx: TensorSpec) -> Cost:
    """As :func:`softmax`."""
    return softmax(qx)


@formula("aten.log_softmax", "aten._log_softmax", "aten._sparse_log_softmax")
def log_softmax(self: TensorSpec, dim: int) -> Cost:
    """Compare, subtract, exp, add, and subtract the log of the sum: 5 per element, 1 per row."""
    return Cost(other_flops=5 * self.numel + rows_along(self, dim))


def rows_along(tensor: TensorSpec, dim: int) -> int:
    """How many rows a tensor has along a dimension."""
    length = tensor.shape[dim] if tensor.ndim else 1
    return tensor.numel // length if length else 0
