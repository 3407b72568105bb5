"""Steps of optimisers, and the operators on lists of tensors that they are made of."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

from flopscope.costs import Cost, formula
from flopscope.costs.pointwise import FLOPS_PER_OUTPUT
from flopscope.records import Argument, TensorSpec, tensors_in

Tensors: TypeAlias = "tuple[TensorSpec, ...]"

ELEMENTWISE = """
    abs acos asin atan ceil clamp_max clamp_min cos cosh div erf erfc exp expm1 floor frac lerp
    lgamma log log10 log1p log2 max maximum minimum mul neg reciprocal round rsqrt sigmoid sign sin
    sinh sqrt tan tanh trunc
"""


def _each(flops: int, self: Tensors) -> Cost:
    """A fixed number of FLOPs for each element of a list of tensors."""
    return Cost(other_flops=flops * elements(self))


for _name in ELEMENTWISE.split():
    formula(f"aten._foreach_{_name}")(partial(_each, FLOPS_PER_OUTPUT.get(_name, 1)))


@formula("aten._foreach_add", "aten._foreach_sub")
def foreach_add(self: Tensors, alpha: float = 1) -> Cost:
    """``a + alpha * b``: a factor of 1 costs nothing."""
    return _each(1 + (alpha != 1), self)


@formula("aten._foreach_addcmul", "aten._foreach_addcdiv")
def foreach_addcmul(self: Tensors, value: float = 1, scalars: Argument = None) -> Cost:
    """``a + value * b * c``, or ``/ c``: a factor of 1 costs nothing."""
    return _each(2 + (value != 1 or scalars is not None), self)


@formula("aten._foreach_pow")
def foreach_pow(self: Argument, exponent: Argument) -> Cost:
    """One power per element; the base may be a number."""
    return Cost(other_flops=elements(self) or elements(exponent))


@formula("aten._foreach_norm")
def foreach_norm(self: Tensors, ord: float = 2) -> Cost:
    """Square and add per element, and a root per tensor, as for the usual 2-norm."""
    return _each(2 if ord in (1, 2, float("inf")) else 3, self) + Cost(other_flops=len(self))


@formula("aten._foreach_powsum")
def foreach_power_sum(self: Tensors, ord: float = 2) -> Cost:
    """Square and add per element."""
    return _each(2 if ord in (1, 2) else 3, self)


@formula("aten._foreach_mm")
def foreach_mm(self: Tensors, outputs: Tensors) -> Cost:
    """A matrix product per pair."""
    pairs = zip(self, outputs, strict=True)
    return Cost(sum(out.numel * left.shape[-1] for left, out in pairs))


@formula("aten._amp_foreach_non_finite_check_and_unscale")
def unscale(self: Tensors) -> Cost:
    """A test for inf and nan, and a product."""
    return _each(2, self)


@formula("aten._fused_adam")
def adam(self: Tensors, weight_decay: float, amsgrad: bool, maximize: bool) -> Cost:
    """``m = lerp(m, g)``, 3; ``v = b * v + c * g * g``, 4; ``sqrt(v) / s + eps``, 3; the step, 3.

    Weight decay adds 2, a running maximum 1, ascending 1.
    """
    return _each(13 + 2 * (weight_decay != 0) + amsgrad + maximize, self)


@formula("aten._fused_adamw")
def adamw(self: Tensors, weight_decay: float, amsgrad: bool, maximize: bool) -> Cost:
    """As :func:`adam`, but weight decay scales the parameter: 1."""
    return _each(13 + (weight_decay != 0) + amsgrad + maximize, self)


@formula("aten._fused_sgd")
def sgd(
    self: Tensors,
    weight_decay: float,
    momentum: float,
    nesterov: bool,
    maximize: bool,
    is_first_step: bool,
) -> Cost:
    """``p - lr * g``, 2; momentum ``m * b + d * g``, 3 but on the first step; Nesterov 2 more."""
    moving = 3 * (momentum != 0 and not is_first_step) + 2 * nesterov
    return _each(2 + 2 * (weight_decay != 0) + moving + maximize, self)


@formula("aten._fused_adagrad")
def adagrad(self: Tensors, weight_decay: float, maximize: bool) -> Cost:
    """``s + g * g``, 2, and ``p - lr * g / (sqrt(s) + eps)``, 5."""
    return _each(7 + 2 * (weight_decay != 0) + maximize, self)


def elements(tensors: Argument) -> int:
    """Of all tensors in a list; 0 for a number."""
    return sum(tensor.numel for tensor in tensors_in(tensors))
