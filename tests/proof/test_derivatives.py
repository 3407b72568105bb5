"""The formula beside every derivative's and loss's figure, executed on numbers that count.

Each is evaluated where it takes the dearer branch, and must give what torch gives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
import torch
from torch.nn import functional

from flopscope.costs import backward, loss
from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Index, Number, Operand, Tally, total_of
from tests.proof.rows import Row
from tests.unit.costs.operations import flops, spec

aten = torch.ops.aten
SUM = 2


def gradient_of_silu(g: Number, x: Number) -> Number:
    s = x.sigmoid()
    return g * s * (1.0 + x * (1.0 - s))


def gradient_of_softplus(g: Number, x: Number) -> Number:
    scaled = 2.0 * x
    if scaled > 20.0:
        return g
    z = scaled.exp()
    return g * z / (z + 1.0)


def gradient_of_hardswish(g: Number, x: Number) -> Operand:
    if x < -3.0:
        return 0.0
    return g * (x / 3.0 + 0.5) if x < 3.0 else g


def inside(g: Number, x: Number, low: float, high: float) -> Operand:
    return g if x > low and x < high else 0.0


def outside(g: Number, x: Number) -> Operand:
    return g if x > 0.5 or x < -0.5 else 0.0


def gradient_of_hardsigmoid(g: Number, x: Number) -> Operand:
    return (1 / 6) * g if x > -3.0 and x < 3.0 else 0.0


GRADIENTS: Mapping[str, Row] = {
    "threshold_backward": Row(
        lambda g, x: g if x > 0.5 else 0.0, lambda g, x: aten.threshold_backward(g, x, 0.5), (1, 2)
    ),
    "sigmoid_backward": Row(lambda g, y: g * y * (1.0 - y), aten.sigmoid_backward, (1, 0.4)),
    "tanh_backward": Row(lambda g, y: g * (1.0 - y * y), aten.tanh_backward, (1, 0.4)),
    "silu_backward": Row(gradient_of_silu, aten.silu_backward, (1.2, 0.4)),
    "softplus_backward": Row(
        gradient_of_softplus, lambda g, x: aten.softplus_backward(g, x, 2, 20), (1.2, 0.4)
    ),
    "log_sigmoid_backward": Row(
        lambda g, x: g / (1.0 + x.exp()),
        lambda g, x: aten.log_sigmoid_backward(g, x, torch.exp(-x.abs())),
        (1.2, 0.4),
    ),
    "hardsigmoid_backward": Row(gradient_of_hardsigmoid, aten.hardsigmoid_backward, (1.2, 0.4)),
    "hardswish_backward": Row(gradient_of_hardswish, aten.hardswish_backward, (1.2, 0.4)),
    "hardtanh_backward": Row(
        lambda g, x: inside(g, x, -1.0, 1.0),
        lambda g, x: aten.hardtanh_backward(g, x, -1, 1),
        (1.2, 0.4),
    ),
    "hardshrink_backward": Row(
        outside, lambda g, x: aten.hardshrink_backward(g, x, 0.5), (1.2, -0.7)
    ),
    "softshrink_backward": Row(
        outside, lambda g, x: aten.softshrink_backward(g, x, 0.5), (1.2, -0.7)
    ),
    "leaky_relu_backward": Row(
        lambda g, x: g if x > 0 else 0.01 * g,
        lambda g, x: aten.leaky_relu_backward(g, x, 0.01, False),
        (1.2, -0.7),
    ),
    "rrelu_with_noise_backward": Row(
        lambda g, noise: g * noise,
        lambda g, noise: aten.rrelu_with_noise_backward(g, g, noise, 0.1, 0.3, True, False),
        (1.2, 0.2),
    ),
    "elu_backward": Row(
        lambda g, x: g if x > 0 else 1.5 * g * x.exp(),
        lambda g, x: aten.elu_backward(g, 1.5, 1, 1, False, x),
        (1.2, -0.7),
    ),
    "logit_backward": Row(lambda g, x: g / (x * (1.0 - x)), aten.logit_backward, (1.2, 0.4)),
    "native_dropout_backward": Row(
        lambda g, mask: g * mask * 2.0,
        lambda g, mask: aten.native_dropout_backward(g, mask.bool(), 2.0),
        (1.2, 1.0),
    ),
}

BY_ROW = {
    "_softmax_backward_data",
    "_sparse_softmax_backward_data",
    "_masked_softmax_backward",
    "_log_softmax_backward_data",
    "_sparse_log_softmax_backward_data",
}
"""Figures per element of formulas that run over rows: see below."""


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_figure_of_a_derivative_is_what_its_formula_takes(name: str) -> None:
    assert backward.FLOPS_PER_OUTPUT[name] == GRADIENTS[name].taken()


def test_every_figure_of_a_derivative_has_a_formula() -> None:
    assert set(backward.FLOPS_PER_OUTPUT) == set(GRADIENTS) | {"_masked_scale"} | BY_ROW


def test_a_softmax_backward_takes_what_its_loop_does() -> None:
    g, y, tally = random(3, 4), random(3, 4).softmax(1), Tally()
    grads, outputs = numbers(g, tally), numbers(y, tally)
    result: dict[Index, Number] = {}
    for i in range(3):
        products = [outputs[i, j] * grads[i, j] for j in range(4)]
        total = total_of(products, tally)
        result |= {(i, j): products[j] - outputs[i, j] * total for j in range(4)}
    assert same(result, aten._softmax_backward_data(g, y, 1, torch.float64))
    assert flops("_softmax_backward_data", spec(3, 4), grad_output=spec(3, 4)) == tally.total


def test_a_log_softmax_backward_takes_what_its_loop_does() -> None:
    g, y, tally = random(3, 4), random(3, 4).log_softmax(1), Tally()
    grads, outputs = numbers(g, tally), numbers(y, tally)
    result: dict[Index, Number] = {}
    for i in range(3):
        total = total_of([grads[i, j] for j in range(4)], tally)
        result |= {(i, j): grads[i, j] - outputs[i, j].exp() * total for j in range(4)}
    assert same(result, aten._log_softmax_backward_data(g, y, 1, torch.float64))
    assert flops("_log_softmax_backward_data", spec(3, 4), grad_output=spec(3, 4)) == tally.total


def gradient_of_gelu(g: Number, x: Number) -> Number:
    cdf = 0.5 * (1.0 + (x * math.sqrt(0.5)).erf())
    pdf = (1 / math.sqrt(2 * math.pi)) * (x * x * -0.5).exp()
    return g * (cdf + x * pdf)


def gradient_of_gelu_by_tanh(g: Number, x: Number) -> Number:
    beta, kappa = math.sqrt(2 / math.pi), 0.044715
    square = x * x
    t = (beta * (x + kappa * (square * x))).tanh()
    half, rising = 0.5 * x, 1.0 + t
    slope = beta * (1.0 + (3 * kappa) * square)
    return g * (0.5 * rising + half * (1.0 - t * t) * slope)


def test_a_gelu_backward_takes_what_its_formula_does() -> None:
    x = spec(1)
    exact = Row(gradient_of_gelu, aten.gelu_backward, (1.2, 0.4))
    assert flops("gelu_backward", x, grad_output=x, self=x) == exact.taken()
    by_tanh = Row(
        gradient_of_gelu_by_tanh,
        lambda g, x: aten.gelu_backward(g, x, approximate="tanh"),
        (1.2, 0.4),
    )
    predicted = flops("gelu_backward", x, grad_output=x, self=x, approximate="tanh")
    assert predicted == by_tanh.taken()


def distance(x: Number, t: Number) -> Number:
    return (x - t).apply(abs)


def smooth_l1(x: Number, t: Number) -> Number:
    d = distance(x, t)
    return 0.5 * d * d / 2.0 if d < 2.0 else d - 1.0


def huber(x: Number, t: Number) -> Number:
    d = distance(x, t)
    return 0.5 * d * d if d < 2.0 else 2.0 * (d - 1.0)


def square(x: Number) -> Number:
    return x * x


def binary_cross_entropy(x: Number, t: Number) -> Number:
    return -(t * x.log() + (1.0 - t) * (1.0 - x).log())


def with_logits(x: Number, t: Number) -> Number:
    return (1.0 - t) * x + (1.0 + (-x).exp()).log()


TERMS: Mapping[str, Row] = {
    "mse_loss": Row(lambda x, t: square(x - t), functional.mse_loss, (0.7, 0.2)),
    "smooth_l1_loss": Row(
        smooth_l1, lambda x, t: functional.smooth_l1_loss(x, t, beta=2.0), (0.7, 0.2)
    ),
    "huber_loss": Row(huber, lambda x, t: functional.huber_loss(x, t, delta=2.0), (0.7, 0.2)),
    "soft_margin_loss": Row(
        lambda x, t: (1.0 + (-t * x).exp()).log(), functional.soft_margin_loss, (0.7, -1.0)
    ),
    "binary_cross_entropy": Row(binary_cross_entropy, functional.binary_cross_entropy, (0.7, 0.2)),
    "binary_cross_entropy_with_logits": Row(
        with_logits, functional.binary_cross_entropy_with_logits, (0.7, 0.2)
    ),
}


@pytest.mark.parametrize("name", TERMS)
def test_a_term_of_a_loss_takes_what_its_formula_does(name: str) -> None:
    x = spec(1)
    assert flops(name, x, self=x, target=x, reduction=0) == TERMS[name].taken()


def gradient_of_smooth_l1(g: Number, x: Number, t: Number) -> Operand:
    d = x - t
    if d < -2.0:
        return -g
    return g if d > 2.0 else d / 2.0 * g


def gradient_of_huber(g: Number, x: Number, t: Number) -> Operand:
    d = x - t
    if d < -2.0:
        return -2.0 * g
    return 2.0 * g if d > 2.0 else d * g


def gradient_of_soft_margin(g: Number, x: Number, t: Number) -> Number:
    negative = -t
    z = (negative * x).exp()
    return negative * z / (z + 1.0) * g


SLOPES: Mapping[str, Row] = {
    "mse_loss_backward": Row(
        lambda g, x, t: 2.0 * (x - t) * g,
        lambda g, x, t: aten.mse_loss_backward(g, x, t, SUM),
        (1.2, 0.7, 0.2),
    ),
    "smooth_l1_loss_backward": Row(
        gradient_of_smooth_l1,
        lambda g, x, t: aten.smooth_l1_loss_backward(g, x, t, SUM, 2.0),
        (1.2, 0.7, 0.2),
    ),
    "huber_loss_backward": Row(
        gradient_of_huber,
        lambda g, x, t: aten.huber_loss_backward(g, x, t, SUM, 2.0),
        (1.2, 0.7, 0.2),
    ),
    "soft_margin_loss_backward": Row(
        gradient_of_soft_margin,
        lambda g, x, t: aten.soft_margin_loss_backward(g, x, t, SUM),
        (1.2, 0.7, -1.0),
    ),
    "binary_cross_entropy_backward": Row(
        lambda g, x, t: g * (x - t) / ((1.0 - x) * x).maximum(1e-12),
        lambda g, x, t: aten.binary_cross_entropy_backward(g, x, t, reduction=SUM),
        (1.2, 0.7, 0.2),
    ),
}


@pytest.mark.parametrize("name", SLOPES)
def test_the_slope_of_a_loss_takes_what_its_formula_does(name: str) -> None:
    assert loss.FLOPS_PER_GRADIENT[name] == SLOPES[name].taken()


def test_every_figure_of_a_loss_has_a_formula() -> None:
    assert set(loss.FLOPS_PER_TERM) <= set(TERMS)
    assert set(loss.FLOPS_PER_GRADIENT) == set(SLOPES)
