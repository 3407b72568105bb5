"""The formula beside every elementwise figure, executed on numbers that count.

Each is evaluated where it takes the dearer branch, and must give what torch gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F

from flopscope.costs import backward, loss, pointwise
from tests.proof.numbers import Number, Operand, Tally, plain
from tests.unit.costs.operations import flops, spec

aten = torch.ops.aten


class Row(NamedTuple):
    """An operator's formula, torch's function, and the values to compare them at."""

    formula: Callable[..., Operand]
    torch: Callable[..., Any]
    at: tuple[float, ...]


def clamp(x: Number, low: float, high: float) -> Number:
    return x.maximum(low).minimum(high)


def hardsigmoid(x: Number) -> Number:
    return clamp(x + 3.0, 0.0, 6.0) / 6.0


def leaky(x: Number, slope: Operand) -> Number:
    return x if x > 0 else slope * x


def elu(x: Number) -> Number:
    return x if x > 0 else 1.5 * (x.exp() - 1.0)


def celu(x: Number) -> Number:
    return x if x > 0 else 1.5 * ((x / 1.5).exp() - 1.0)


def selu(x: Number) -> Number:
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * (x if x > 0 else alpha * (x.exp() - 1.0))


def softshrink(x: Number) -> Operand:
    if x > 0.5:
        return x - 0.5
    return x + 0.5 if x < -0.5 else 0.0


def hardshrink(x: Number) -> Operand:
    return x if x > 0.5 or x < -0.5 else 0.0


def softplus(x: Number) -> Number:
    scaled = 2.0 * x
    return x if scaled > 20.0 else (1.0 + scaled.exp()).log() / 2.0


def log_sigmoid(x: Number) -> Number:
    return -(1.0 + (-x).exp()).log()


def sinc(x: Number) -> Number:
    scaled = math.pi * x
    return scaled.apply(math.sin) / scaled


def exp2(x: float) -> float:
    return 2.0**x


ROWS: Mapping[str, Row] = {
    "sigmoid": Row(Number.sigmoid, torch.sigmoid, (0.7,)),
    "silu": Row(lambda x: x * x.sigmoid(), F.silu, (0.7,)),
    "mish": Row(lambda x: x * (1.0 + x.exp()).log().tanh(), F.mish, (0.7,)),
    "softplus": Row(softplus, lambda x: F.softplus(x, beta=2, threshold=20), (0.7,)),
    "log_sigmoid": Row(log_sigmoid, F.logsigmoid, (0.7,)),
    "log_sigmoid_forward": Row(log_sigmoid, lambda x: aten.log_sigmoid_forward(x)[0], (0.7,)),
    "hardsigmoid": Row(hardsigmoid, F.hardsigmoid, (0.7,)),
    "hardswish": Row(lambda x: x * hardsigmoid(x), F.hardswish, (0.7,)),
    "hardtanh": Row(lambda x: clamp(x, -1.0, 1.0), F.hardtanh, (1.7,)),
    "relu6": Row(lambda x: clamp(x, 0.0, 6.0), F.relu6, (0.7,)),
    "hardshrink": Row(hardshrink, F.hardshrink, (-0.7,)),
    "softshrink": Row(softshrink, F.softshrink, (-0.7,)),
    "leaky_relu": Row(lambda x: leaky(x, 0.01), F.leaky_relu, (-0.7,)),
    "prelu": Row(leaky, F.prelu, (-0.7, 0.3)),
    "_prelu_kernel": Row(leaky, aten._prelu_kernel, (-0.7, 0.3)),
    "rrelu": Row(lambda x: leaky(x, 0.2), lambda x: F.rrelu(x, 0.1, 0.3), (-0.7,)),
    "rrelu_with_noise": Row(
        lambda x: leaky(x, 0.2),
        lambda x: aten.rrelu_with_noise(x, torch.ones_like(x), 0.1, 0.3),
        (-0.7,),
    ),
    "rrelu_with_noise_functional": Row(
        lambda x: leaky(x, 0.2),
        lambda x: aten.rrelu_with_noise_functional(x, torch.ones_like(x), 0.1, 0.3)[0],
        (-0.7,),
    ),
    "elu": Row(elu, lambda x: F.elu(x, 1.5), (-0.7,)),
    "celu": Row(celu, lambda x: F.celu(x, 1.5), (-0.7,)),
    "selu": Row(selu, F.selu, (-0.7,)),
    "glu": Row(lambda a, b: a * b.sigmoid(), lambda a, b: F.glu(torch.cat([a, b])), (0.7, 0.2)),
    "lerp": Row(lambda a, b, t: a + t * (b - a), torch.lerp, (0.7, 0.2, 0.4)),
    "_add_relu": Row(
        lambda a, b: (a + b).maximum(0.0),
        lambda a, b: aten._add_relu(a.float(), b.float()).double(),
        (0.5, 0.25),
    ),
    "floor_divide": Row(
        lambda a, b: (a / b).apply(math.floor), torch.floor_divide, (7.3, -2.0)
    ),
    "remainder": Row(
        lambda a, b: a - b * (a / b).apply(math.floor), torch.remainder, (7.3, -2.0)
    ),
    "fmod": Row(lambda a, b: a - b * (a / b).apply(math.trunc), torch.fmod, (7.3, -2.0)),
    "frac": Row(lambda x: x - x.apply(math.trunc), torch.frac, (7.3,)),
    "logaddexp": Row(lambda a, b: (a.exp() + b.exp()).log(), torch.logaddexp, (0.7, 0.2)),
    "logaddexp2": Row(
        lambda a, b: (a.apply(exp2) + b.apply(exp2)).apply(math.log2),
        torch.logaddexp2,
        (0.7, 0.2),
    ),
    "xlogy": Row(lambda a, b: a * b.log(), torch.xlogy, (0.7, 0.2)),
    "special_xlog1py": Row(lambda a, b: a * b.apply(math.log1p), torch.special.xlog1py, (0.7, 0.2)),
    "special_entr": Row(lambda x: -x * x.log(), torch.special.entr, (0.7,)),
    "sinc": Row(sinc, torch.sinc, (0.7,)),
}

SAID_BY_THEIR_NAMES = {
    "abs",
    "copysign",
    "eq",
    "gcd",
    "ge",
    "gt",
    "heaviside",
    "lcm",
    "le",
    "linalg_cross",
    "lt",
    "nan_to_num",
    "ne",
    "polar",
    "threshold",
    "_amp_update_scale",
    "_dirichlet_grad",
    "_standard_gamma_grad",
}
"""One comparison or function, or (cross product, polar, nan_to_num) not of single real numbers."""

SCORE, OUTPUT = 0.7, 0.4
"""A gradient that arrives, and what the forward operator returned."""


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

TERMS: Mapping[str, Row] = {}


def evaluate(row: Row) -> tuple[Tally, float]:
    """What a formula takes, after checking that it is torch's."""
    tally = Tally()
    found = plain(row.formula(*(tally.number(value) for value in row.at)))
    expected = row.torch(*(torch.tensor([value], dtype=torch.float64) for value in row.at))
    assert found == pytest.approx(expected.item(), rel=1e-12)
    return tally, found


@pytest.mark.parametrize("name", ROWS)
def test_an_elementwise_figure_is_that_of_its_formula(name: str) -> None:
    tally, _ = evaluate(ROWS[name])
    assert pointwise.FLOPS_PER_OUTPUT[name] == tally.total


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradients_figure_is_that_of_its_formula(name: str) -> None:
    tally, _ = evaluate(GRADIENTS[name])
    assert backward.FLOPS_PER_OUTPUT[name] == tally.total


def test_every_figure_has_a_formula_that_proves_it() -> None:
    assert set(pointwise.FLOPS_PER_OUTPUT) == set(ROWS) | SAID_BY_THEIR_NAMES
"""
"""
