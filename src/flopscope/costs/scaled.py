"""Matrix products of scaled, packed and grouped operands, as in quantised and expert layers."""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.costs.contraction import blend
from flopscope.records import TensorSpec

SCALES = 2
"""Per output: one product with either operand's scale, as for scales per tensor or per row."""


@formula("aten._scaled_mm", "aten._scaled_mm_v2")
def scaled_mm(self: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None) -> Cost:
    """``(self @ mat2) * scale_a * scale_b + bias``; two 4-bit numbers share an element."""
    return Cost(out.numel * _length(self), out.numel * (SCALES + (bias is not None)))


@formula("aten._scaled_addmm")
def scaled_addmm(mat1: TensorSpec, out: TensorSpec, beta: float = 1, alpha: float = 1) -> Cost:
    """As :func:`scaled_mm`, blended with another matrix as by ``addmm``."""
    return scaled_mm(mat1, out) + Cost(other_flops=out.numel * blend(beta, alpha))


@formula("aten._grouped_mm")
def grouped_mm(self: TensorSpec, mat2: TensorSpec, bias: TensorSpec | None = None) -> Cost:
    """Every row (or column, or term) meets the one matrix of its group.

    (rows, K) x (groups, K, N), (groups, M, K) x (K, columns), (groups, M, K) x (groups, K, N), or
    (M, terms) x (terms, N): the offsets say where the groups end, and together they are taken to
    cover all rows.
    """
    if self.ndim == 3 and mat2.ndim == 2:
        products = self.shape[1] * mat2.shape[1] * _length(self)
    else:
        products = self.shape[-2] * mat2.shape[-1] * _length(self)
        products *= self.shape[0] if self.ndim == 3 else 1
    return Cost(products, 0 if bias is None else products // _length(self))


@formula("aten._scaled_grouped_mm", "aten._scaled_grouped_mm_v2")
def scaled_grouped_mm(
    self: TensorSpec, mat2: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None
) -> Cost:
    """As :func:`grouped_mm`, with two scales per output."""
    return grouped_mm(self, mat2, bias) + Cost(other_flops=SCALES * out.numel)


@formula(
    "aten._weight_int4pack_mm",
    "aten._weight_int4pack_mm_for_cpu",
    "aten._weight_int4pack_mm_with_scales_and_zeros",
)
def int4_weight_mm(self: TensorSpec, out: TensorSpec) -> Cost:
    """The product, and ``q * scale + zero`` for each of the K x N weights."""
    length = self.shape[-1]
    return Cost(out.numel * length, 2 * length * out.shape[-1])


@formula("aten._weight_int8pack_mm")
def int8_weight_mm(self: TensorSpec, out: TensorSpec) -> Cost:
    """The product, and one scale per output."""
    return Cost(out.numel * self.shape[-1], out.numel)


@formula("aten._dyn_quant_matmul_4bit")
def dynamic_int4_mm(out: TensorSpec, in_features: int) -> Cost:
    """The product, and one scale of the inputs and one of the weights per output."""
    return Cost(out.numel * in_features, SCALES * out.numel)


@formula("aten._mixed_dtypes_linear")
def mixed_linear(
    input: TensorSpec,
    out: TensorSpec,
    bias: TensorSpec | None = None,
    activation: str | None = None,
) -> Cost:
    """The product, one scale per output, the bias, and a ReLU's or SiLU's comparison or 5."""
    per_output = 1 + (bias is not None) + {"relu": 1, "silu": 5}.get(activation or "", 0)
    return Cost(out.numel * input.shape[-1], out.numel * per_output)


def _length(operand: TensorSpec) -> int:
    """Of the dot products."""
    return operand.shape[-1] * (2 if operand.dtype == "float4_e2m1fn_x2" else 1)
