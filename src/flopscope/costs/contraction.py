"""Matrix products: one multiply-accumulate per term of every dot product."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.costs.complex_numbers import real_macs
from flopscope.records import TensorSpec


@formula("aten.mm", "aten.bmm", "aten.mv", "aten.matmul", "aten._int_mm")
def matmul(self: TensorSpec, out: TensorSpec) -> Cost:
    """Each output element is a dot product over the first operand's last dimension.

    Holds for vectors, matrices and broadcast batches alike. Of a sparse first operand, each stored
    element meets a row of the other.
    """
    if self.stored is not None and self.numel:
        return Cost(real_macs(out.numel * self.stored // math.prod(self.shape[:-1]), out))
    return Cost(real_macs(out.numel * _inner(self), out))


@formula("aten.dot", "aten.vdot")
def dot(self: TensorSpec) -> Cost:
    """A dot product of two vectors."""
    return Cost(real_macs(self.numel, self))


@formula("aten.inner")
def inner(self: TensorSpec, other: TensorSpec, out: TensorSpec) -> Cost:
    """Dot products of last dimensions, or an elementwise product when one operand is a scalar."""
    if self.ndim == 0 or other.ndim == 0:
        return Cost(other_flops=out.numel)
    return matmul(self, out)


@formula("aten.outer", "aten.ger")
def outer(out: TensorSpec) -> Cost:
    """All products of two vectors: nothing is accumulated."""
    return Cost(other_flops=out.numel)


@formula("aten.linear", "aten.mkldnn_linear")
def linear(
    out: TensorSpec,
    weight: TensorSpec,
    bias: TensorSpec | None = None,
) -> Cost:
    """``x @ weight.T + bias``."""
    products = real_macs(out.numel * weight.shape[-1], out)
    return Cost(products, 0 if bias is None else out.numel)


@formula("aten.linear_backward", "aten.mkldnn_linear_backward")
def linear_backward(
    grad_output: TensorSpec, weight: TensorSpec, output_mask: tuple[bool, bool, bool]
) -> Cost:
    """The forward products once for each gradient asked for; the bias's sums the output's."""
    for_input, for_weight, for_bias = output_mask
    forward = grad_output.numel * weight.shape[-1]
    return Cost(forward * (for_input + for_weight), grad_output.numel * for_bias)


@formula("aten.addmm", "aten.sspaddmm", "aten._sparse_addmm")
def addmm(mat1: TensorSpec, out: TensorSpec, beta: float = 1, alpha: float = 1) -> Cost:
    """``beta * self + alpha * (mat1 @ mat2)``."""
    return matmul(mat1, out) + Cost(other_flops=out.numel * blend(beta, alpha))


@formula("aten.addmv")
def addmv(mat: TensorSpec, out: TensorSpec, beta: float = 1, alpha: float = 1) -> Cost:
    """``beta * self + alpha * (mat @ vec)``."""
    return addmm(mat, out, beta, alpha)


@formula("aten.baddbmm")
def baddbmm(batch1: TensorSpec, out: TensorSpec, beta: float = 1, alpha: float = 1) -> Cost:
    """``beta * self + alpha * (batch1 @ batch2)``."""
    return addmm(batch1, out, beta, alpha)


@formula("aten.addbmm")
def addbmm(batch1: TensorSpec, out: TensorSpec, beta: float = 1, alpha: float = 1) -> Cost:
    """``beta * self + alpha * sum over the batch of (batch1 @ batch2)``."""
    batch, _, length = batch1.shape
    products = real_macs(batch * out.numel * length, out)
    return Cost(products, out.numel * blend(beta, alpha))


@formula("aten.addr")
def addr(out: TensorSpec, beta: float = 1, alpha: float = 1) -> Cost:
    """``beta * self + alpha * outer(vec1, vec2)``: nothing is accumulated."""
    return Cost(other_flops=out.numel * (1 + blend(beta, alpha)))


@formula("aten.tensordot")
def tensordot(
    self: TensorSpec,
    other: TensorSpec,
    dims_self: tuple[int, ...],
    dims_other: tuple[int, ...],
    out: TensorSpec,
) -> Cost:
    """Each output element is a dot product over the contracted dimensions.

    A contracted dimension of size 1 on one side is summed on the other side beforehand.
    """
    pairs = [(self.shape[a], other.shape[b]) for a, b in zip(dims_self, dims_other, strict=True)]
    summed_first = self.numel * any(a > b for a, b in pairs)
    summed_first += other.numel * any(b > a for a, b in pairs)
    products = out.numel * math.prod(min(pair) for pair in pairs)
    return Cost(real_macs(products, out), summed_first)


@formula("aten._addmm_activation")
def addmm_activation(
    mat1: TensorSpec, out: TensorSpec, beta: float = 1, alpha: float = 1, use_gelu: bool = False
) -> Cost:
    """As :func:`addmm`, then a GELU's 5 or a ReLU's comparison per output."""
    return addmm(mat1, out, beta, alpha) + Cost(other_flops=out.numel * (5 if use_gelu else 1))


@formula("aten._compute_linear_combination")
def linear_combination(coefficients: TensorSpec, out: TensorSpec) -> Cost:
    """Weighted sums of k tensors."""
    return Cost(out.numel * coefficients.shape[-1])


@formula("aten.matmul_backward")
def matmul_backward(grad: TensorSpec, self: TensorSpec, mask: tuple[bool, bool]) -> Cost:
    """The forward products once for each gradient asked for."""
    return Cost(grad.numel * _inner(self) * sum(mask))


@formula("aten.mkldnn_linear_backward_input")
def linear_backward_input(grad_output: TensorSpec, weight: TensorSpec) -> Cost:
    """The forward products once."""
    return Cost(grad_output.numel * weight.shape[-1])


@formula("aten.mkldnn_linear_backward_weights")
def linear_backward_weights(
    grad_output: TensorSpec, weight: TensorSpec, bias_defined: bool
) -> Cost:
    """The forward products once; the bias's gradient sums the output's."""
    return Cost(grad_output.numel * weight.shape[-1], grad_output.numel * bias_defined)


def _inner(operand: TensorSpec) -> int:
    """The length of a matrix product's dot products."""
    return operand.shape[-1]


def blend(beta: float, alpha: float) -> int:
    """FLOPs per element of ``beta * a + alpha * b``; a factor of 1 is free, beta 0 drops a."""
    return (beta != 0) + (beta not in (0, 1)) + (alpha != 1)
