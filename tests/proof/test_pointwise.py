"""The formula beside every elementwise figure, executed on numbers that count.

Each is evaluated where it takes the dearer branch, and must give what torch gives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
import torch
from torch.nn import functional

from flopscope.costs.pointwise import FLOPS_PER_OUTPUT
from tests.proof.numbers import Number, Operand
from tests.proof.rows import Row, clamp
from tests.unit.costs.operations import flops, spec

aten = torch.ops.aten


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
    return math.pow(2.0, x)


ROWS: Mapping[str, Row] = {
    "sigmoid": Row(Number.sigmoid, torch.sigmoid, (0.7,)),
    "silu": Row(lambda x: x * x.sigmoid(), functional.silu, (0.7,)),
    "mish": Row(lambda x: x * (1.0 + x.exp()).log().tanh(), functional.mish, (0.7,)),
    "softplus": Row(softplus, lambda x: functional.softplus(x, beta=2, threshold=20), (0.7,)),
    "log_sigmoid": Row(log_sigmoid, functional.logsigmoid, (0.7,)),
    "log_sigmoid_forward": Row(log_sigmoid, lambda x: aten.log_sigmoid_forward(x)[0], (0.7,)),
    "hardsigmoid": Row(hardsigmoid, functional.hardsigmoid, (0.7,)),
    "hardswish": Row(lambda x: x * hardsigmoid(x), functional.hardswish, (0.7,)),
    "hardtanh": Row(lambda x: clamp(x, -1.0, 1.0), functional.hardtanh, (1.7,)),
    "relu6": Row(lambda x: clamp(x, 0.0, 6.0), functional.relu6, (0.7,)),
    "hardshrink": Row(hardshrink, functional.hardshrink, (-0.7,)),
    "softshrink": Row(softshrink, functional.softshrink, (-0.7,)),
    "leaky_relu": Row(lambda x: leaky(x, 0.01), functional.leaky_relu, (-0.7,)),
    "prelu": Row(leaky, functional.prelu, (-0.7, 0.3)),
    "_prelu_kernel": Row(leaky, aten._prelu_kernel, (-0.7, 0.3)),
    "rrelu": Row(lambda x: leaky(x, 0.2), lambda x: functional.rrelu(x, 0.1, 0.3), (-0.7,)),
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
    "elu": Row(elu, lambda x: functional.elu(x, 1.5), (-0.7,)),
    "celu": Row(celu, lambda x: functional.celu(x, 1.5), (-0.7,)),
    "selu": Row(selu, functional.selu, (-0.7,)),
    "glu": Row(
        lambda a, b: a * b.sigmoid(), lambda a, b: functional.glu(torch.cat([a, b])), (0.7, 0.2)
    ),
    "lerp": Row(lambda a, b, t: a + t * (b - a), torch.lerp, (0.7, 0.2, 0.4)),
    "_add_relu": Row(
        lambda a, b: (a + b).maximum(0.0),
        lambda a, b: aten._add_relu(a.float(), b.float()).double(),
        (0.5, 0.25),
    ),
    "floor_divide": Row(lambda a, b: (a / b).apply(math.floor), torch.floor_divide, (7.3, -2.0)),
    "remainder": Row(lambda a, b: a - b * (a / b).apply(math.floor), torch.remainder, (7.3, -2.0)),
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
    "__irshift__",
    "_amp_update_scale",
    "_dirichlet_grad",
    "_standard_gamma_grad",
}
"""One comparison or function, or (cross product, polar, nan_to_num) not of single real numbers."""


@pytest.mark.parametrize("name", ROWS)
def test_an_elementwise_figure_is_what_its_formula_takes(name: str) -> None:
    assert FLOPS_PER_OUTPUT[name] == ROWS[name].taken()


def test_every_elementwise_figure_has_a_formula_or_says_it_by_its_name() -> None:
    assert set(FLOPS_PER_OUTPUT) == set(ROWS) | SAID_BY_THEIR_NAMES


def gelu(x: Number) -> Number:
    return 0.5 * x * (1.0 + (x * math.sqrt(0.5)).erf())


def gelu_by_tanh(x: Number) -> Number:
    return 0.5 * x * (1.0 + (math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)).tanh())


def test_a_gelu_takes_what_its_formula_does() -> None:
    x = spec(1)
    assert flops("gelu", x, self=x) == Row(gelu, functional.gelu, (0.7,)).taken()
    by_tanh = Row(gelu_by_tanh, lambda x: functional.gelu(x, approximate="tanh"), (0.7,))
    assert flops("gelu", x, self=x, approximate="tanh") == by_tanh.taken()


def test_a_logit_takes_what_its_formula_does() -> None:
    plain = Row(lambda x: (x / (1.0 - x)).log(), torch.logit, (0.3,))
    x = spec(1)
    assert flops("logit", x, self=x) == plain.taken()

    def clamped(x: Number) -> Number:
        inner = clamp(x, 0.01, 0.99)
        return (inner / (1.0 - inner)).log()

    row = Row(clamped, lambda x: torch.logit(x, 0.01), (0.3,))
    assert flops("logit", x, self=x, eps=0.01) == row.taken()
