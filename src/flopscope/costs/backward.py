"""Derivatives of activations, softmaxes and selections, which autograd runs in training."""

from __future__ import annotations

from functools import partial

from flopscope.costs import Cost, declare_free, formula
from flopscope.costs.pointwise import per_output
from flopscope.records import TensorSpec

FLOPS_PER_OUTPUT = {
    "threshold_backward": 1,  # where(x > t, g, 0)
    "sigmoid_backward": 3,  # g * y * (1 - y)
    "tanh_backward": 3,  # g * (1 - y * y)
    "silu_backward": 9,  # g * s * (1 + x * (1 - s)) with s = sigmoid(x)
    "softplus_backward": 6,  # where(b * x > t, g, g * z / (z + 1)) with z = exp(b * x)
    "log_sigmoid_backward": 3,  # g / (1 + exp(x))
    "hardsigmoid_backward": 3,  # where(-3 < x < 3, c * g, 0)
    "hardswish_backward": 5,  # where(x < -3, 0, where(x < 3, g * (x / 3 + 0.5), g))
    "hardtanh_backward": 2,  # where(a < x < b, g, 0)
    "hardshrink_backward": 2,  # where(-a < x < a, 0, g)
    "softshrink_backward": 2,
    "leaky_relu_backward": 2,  # where(x > 0, g, a * g)
    "rrelu_with_noise_backward": 1,  # g * noise
    "elu_backward": 4,  # where(x > 0, g, a * g * exp(x))
    "logit_backward": 3,  # g / (x * (1 - x))
    "native_dropout_backward": 2,  # g * mask * scale
    "_masked_scale": 2,
    "_softmax_backward_data": 4,  # y * g - y * sum(y * g)
    "_masked_softmax_backward": 4,
    "_sparse_softmax_backward_data": 4,
    "_log_softmax_backward_data": 4,  # g - exp(y) * sum(g)
    "_sparse_log_softmax_backward_data": 4,
}

for _name, _flops in FLOPS_PER_OUTPUT.items():
    formula(f"aten.{_name}")(partial(per_output, _flops))

declare_free(
    f"aten.{name}"
    for name in (
        "slice_backward",
        "select_backward",
        "diagonal_backward",
        "masked_scatter_backward",
        "_nested_select_backward",
        "_nested_sum_backward",
        "_sparse_sum_backward",
    )
)


@formula("aten.gelu_backward")
def gelu_backward(out: TensorSpec, approximate: str = "none") -> Cost:
    """``g * (cdf + x * pdf)``: 4 + 4 + 3 by erf and exp.

    By tanh: 5 for ``u = c * (x + d * x**3)``, 1 for its tanh t, 2 for ``0.5 * x`` and ``1 + t``, 1
    for the first term ``0.5 * (1 + t)``, 2 for ``1 - t * t``, 3 for u', 2 for the second term's
    products and 2 to add the terms and multiply by g: 18.
    """
    return per_output(18 if approximate == "tanh" else 11, out)


@formula("aten._prelu_kernel_backward")
def prelu_backward(grad_output: TensorSpec) -> Cost:
    """A comparison, ``a * g`` for the input and ``x * g`` for the slope."""
    return Cost(other_flops=3 * grad_output.numel)


@formula("aten.glu_backward")
def glu_backward(grad_output: TensorSpec) -> Cost:
    """s = sigmoid(b), ``g * s`` and ``g * a * s * (1 - s)``: 4 + 1 + 4 per forward output."""
    return Cost(other_flops=9 * grad_output.numel)


@formula(
    "aten.embedding_dense_backward",
    "aten.reflection_pad1d_backward",
    "aten.reflection_pad2d_backward",
    "aten.reflection_pad3d_backward",
    "aten.replication_pad1d_backward",
    "aten.replication_pad2d_backward",
    "aten.replication_pad3d_backward",
)
def accumulate(grad_output: TensorSpec) -> Cost:
    """Every element of the output's gradient is added where it came from."""
    return Cost(other_flops=grad_output.numel)


@formula("aten.unfold_backward")
def unfold_backward(grad_in: TensorSpec) -> Cost:
    """As :func:`accumulate`."""
    return accumulate(grad_in)
