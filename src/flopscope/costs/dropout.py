"""Dropout: a mask and a scale in training, nothing in inference. Drawing the mask is free."""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec


@formula("aten.dropout", "aten.feature_dropout", "aten.native_dropout")
def dropout(input: TensorSpec, train: bool | None) -> Cost:
    """In training a product with the mask and one with 1 / (1 - p)."""
    return Cost(other_flops=2 * input.numel if train else 0)


@formula("aten.alpha_dropout", "aten.feature_alpha_dropout")
def alpha_dropout(input: TensorSpec, train: bool) -> Cost:
    """In training ``a * (x * mask + c * (1 - mask)) + b``: 6 per element."""
    return Cost(other_flops=6 * input.numel if train else 0)


@formula("aten._fused_dropout")
def dropout_fused(input: TensorSpec) -> Cost:
    """As :func:`dropout` in training."""
    return dropout(input, True)
