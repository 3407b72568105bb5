"""Products with sparse operands: every stored element meets a row of the other operand.

Where a trace does not say how many are stored, the product is counted as dense. 2:4 semi-structured
operands store half of their elements by definition and are counted so.
"""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec


@formula("aten._sparse_mm")
def sparse_mm(sparse: TensorSpec, out: TensorSpec) -> Cost:
    """``sparse @ dense``."""
    return Cost(_stored(sparse) * out.shape[-1])


@formula("aten._sparse_sparse_matmul", "aten._sparse_mm_reduce_impl")
def sparse_matmul(self: TensorSpec, out: TensorSpec) -> Cost:
    """Dense equivalent of ``self @ other``."""
    return Cost(out.numel * self.shape[-1])


@formula("aten.hspmm")
def hybrid_mm(mat1: TensorSpec, out: TensorSpec) -> Cost:
    """``mat1 @ mat2`` with a sparse ``mat1``."""
    return Cost(_stored(mat1) * out.shape[-1])


@formula("aten.sparse_sampled_addmm")
def sampled_addmm(mat1: TensorSpec, out: TensorSpec) -> Cost:
    """Dense equivalent of ``beta * self + alpha * (mat1 @ mat2)``: products and one addition."""
    return Cost(out.numel * mat1.shape[-1], out.numel)


@formula("aten._sparse_semi_structured_mm")
def semi_structured_mm(mat2: TensorSpec, out: TensorSpec) -> Cost:
    """Half of the dense product: the elements that 2:4 sparsity stores."""
    return Cost(out.numel * mat2.shape[0] // 2)


@formula("aten._sparse_semi_structured_addmm")
def semi_structured_addmm(mat2: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`semi_structured_mm`, and one addition per output."""
    return semi_structured_mm(mat2, out) + Cost(other_flops=out.numel)


@formula("aten._sparse_semi_structured_linear")
def semi_structured_linear(
    input: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None
) -> Cost:
    """Half of the dense product, and the bias."""
    return Cost(out.numel * input.shape[-1] // 2, 0 if bias is None else out.numel)


@formula("aten._cslt_sparse_mm")
def cusparselt_mm(dense_B: TensorSpec, out: TensorSpec, bias: TensorSpec | None = None) -> Cost:
    """Half of the dense product, and the bias."""
    return Cost(out.numel * dense_B.shape[0] // 2, 0 if bias is None else out.numel)


def _stored(sparse: TensorSpec) -> int:
    return sparse.numel if sparse.stored is None else sparse.stored
