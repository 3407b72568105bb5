"""Elementwise operators whose cost is not the one FLOP per output that torch's tag stands for.

A sum, difference, product, quotient, comparison, rounding or function of a mathematical library
(exp, log, tanh, erf, sqrt, pow, sin, ...) is one FLOP, so each figure follows from the formula
beside it. A choice costs its comparison and its dearer branch; constants are folded beforehand.
"""

from __future__ import annotations

from functools import partial

from flopscope.costs import Cost, complex_numbers, formula
from flopscope.costs.complex_numbers import is_complex
from flopscope.records import Argument, TensorSpec

FLOPS_PER_OUTPUT = {
    "sigmoid": 4,  # 1 / (1 + exp(-x))
    "silu": 5,  # x * sigmoid(x)
    "mish": 5,  # x * tanh(log(1 + exp(x)))
    "softplus": 6,  # where(b * x > t, x, log(1 + exp(b * x)) / b)
    "log_sigmoid": 5,  # -log(1 + exp(-x))
    "log_sigmoid_forward": 5,
    "hardsigmoid": 4,  # min(max(x + 3, 0), 6) / 6
    "hardswish": 5,  # x * hardsigmoid(x)
    "hardtanh": 2,  # min(max(x, a), b)
    "relu6": 2,
    "hardshrink": 2,  # where(x > a or x < -a, x, 0)
    "softshrink": 3,  # where(x > a, x - a, where(x < -a, x + a, 0))
    "leaky_relu": 2,  # where(x > 0, x, a * x)
    "prelu": 2,
    "_prelu_kernel": 2,
    "rrelu": 2,
    "rrelu_with_noise": 2,
    "rrelu_with_noise_functional": 2,
    "elu": 4,  # where(x > 0, x, a * (exp(x) - 1))
    "celu": 5,  # where(x > 0, x, a * (exp(x / a) - 1))
    "selu": 5,  # s * elu(x)
    "glu": 5,  # a * sigmoid(b)
    "lerp": 3,  # a + t * (b - a)
    "_add_relu": 2,  # max(a + b, 0)
    "floor_divide": 2,  # floor(a / b)
    "remainder": 4,  # a - b * floor(a / b)
    "fmod": 4,  # a - b * trunc(a / b)
    "frac": 2,  # x - trunc(x)
    "logaddexp": 4,  # log(exp(a) + exp(b))
    "logaddexp2": 4,
    "xlogy": 2,  # x * log(y)
    "special_xlog1py": 2,
    "special_entr": 3,  # -x * log(x)
    "sinc": 3,  # sin(c * x) / (c * x)
    "polar": 4,  # r * cos(t) and r * sin(t)
    "nan_to_num": 3,  # compared with nan, inf and -inf
    "linalg_cross": 3,  # a * b - c * d
    # comparisons and functions of one FLOP whose in-place forms lack torch's tag
    **dict.fromkeys(
        ("abs", "copysign", "eq", "gcd", "ge", "gt", "heaviside", "lcm", "le", "lt", "ne"), 1
    ),
    "threshold": 1,
    "__irshift__": 1,
    "_standard_gamma_grad": 1,
    "_dirichlet_grad": 1,
    "_amp_update_scale": 1,
}
"""FLOPs per output element of the operators that have no optional terms."""


def per_output(flops: int, out: TensorSpec) -> Cost:
    """A fixed number of FLOPs for each output element."""
    return Cost(other_flops=flops * out.numel)


for _name, _flops in FLOPS_PER_OUTPUT.items():
    formula(f"aten.{_name}")(partial(per_output, _flops))


@formula("aten.gelu")
def gelu(out: TensorSpec, approximate: str = "none") -> Cost:
    """``a * x * (1 + erf(b * x))``, 5, or ``a * x * (1 + tanh(b * (x + c * x * x * x)))``, 9."""
    return per_output(9 if approximate == "tanh" else 5, out)


@formula("aten.add", "aten.sub", "aten.rsub")
def add(out: TensorSpec, alpha: float = 1) -> Cost:
    """``a + alpha * b``: a factor of 1 costs nothing; complex numbers have two parts."""
    each = complex_numbers.SUM if is_complex(out) else 1
    return per_output(each * (1 + (alpha != 1)), out)


@formula("aten.addcmul", "aten.addcdiv")
def addcmul(out: TensorSpec, value: float = 1) -> Cost:
    """``a + value * b * c``, or ``/ c``: a factor of 1 costs nothing."""
    return per_output(2 + (value != 1), out)


@formula("aten.mul")
def mul(self: Argument, other: Argument, out: TensorSpec) -> Cost:
    """A product; of two complex numbers 6, of a complex and a real one 2."""
    if is_complex(self) and is_complex(other):
        return per_output(complex_numbers.PRODUCT, out)
    return per_output(2 if is_complex(out) else 1, out)


@formula("aten.div")
def div(other: Argument, out: TensorSpec, rounding_mode: str | None = None) -> Cost:
    """A quotient, and a rounding when one is asked for; of complex numbers 11, by a real one 2."""
    if is_complex(other):
        return per_output(complex_numbers.QUOTIENT, out)
    return per_output((2 if is_complex(out) else 1) + (rounding_mode is not None), out)


@formula("aten.clamp", "aten.clip")
def clamp(out: TensorSpec, min: object = None, max: object = None) -> Cost:
    """A comparison with each bound given."""
    return per_output((min is not None) + (max is not None), out)


@formula("aten.logit")
def logit(out: TensorSpec, eps: float | None = None) -> Cost:
    """``log(x / (1 - x))``, 3, and two comparisons to clamp to ``eps``."""
    return per_output(3 if eps is None else 5, out)


@formula("aten.equal")
def equal(self: TensorSpec) -> Cost:
    """A comparison per element; the answer is not a tensor."""
    return Cost(other_flops=self.numel)


@formula("aten.allclose")
def allclose(self: TensorSpec) -> Cost:
    """``abs(a - b) <= atol + rtol * abs(b)``: 6 per element; the answer is not a tensor."""
    return Cost(other_flops=6 * self.numel)
