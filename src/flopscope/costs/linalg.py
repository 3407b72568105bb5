"""Factorisations and solves: the leading terms of the standard dense algorithms.

Sources: [LAWN41] Blackford & Dongarra, "Installation Guide for LAPACK", LAPACK Working Note 41,
appendix C; [GVL] Golub & Van Loan, "Matrix Computations", 4th edition. Matrices are the last two
dimensions, m by n with m >= n where a formula says so, and every other dimension is a batch. The
work of an iterative algorithm depends on values; the figures are those that the sources state for a
typical matrix.
"""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec


@formula("aten.linalg_cholesky_ex", "aten.cholesky", "aten.linalg_ldl_factor_ex")
def cholesky(self: TensorSpec) -> Cost:
    """n^3 / 3, also for LDL [GVL 4.2.5, 4.1.2]."""
    return Cost(other_flops=_batch(self) * _order(self) ** 3 // 3)


@formula("aten.linalg_lu", "aten.linalg_lu_factor_ex")
def lu(A: TensorSpec) -> Cost:
    """m n^2 - n^3 / 3, which is 2/3 n^3 for a square matrix [LAWN41 xGETRF]."""
    big, small = _sides(A)
    return Cost(other_flops=_batch(A) * small**2 * (3 * big - small) // 3)


@formula("aten._linalg_det", "aten._linalg_slogdet")
def determinant(A: TensorSpec) -> Cost:
    """An LU factorisation and the product of its diagonal."""
    return lu(A) + Cost(other_flops=_batch(A) * _order(A))


@formula("aten._linalg_solve_ex")
def solve(A: TensorSpec, out: TensorSpec) -> Cost:
    """An LU factorisation and two triangular solves."""
    return lu(A) + factored_solve(A, out)


@formula("aten.linalg_lu_solve")
def lu_solve(LU: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`factored_solve`."""
    return factored_solve(LU, out)


@formula("aten.linalg_ldl_solve")
def ldl_solve(LD: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`factored_solve`."""
    return factored_solve(LD, out)


@formula("aten.cholesky_solve")
def cholesky_solve(input2: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`factored_solve`."""
    return factored_solve(input2, out)


@formula("aten._cholesky_solve_helper")
def cholesky_solve_kernel(A: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`factored_solve`."""
    return factored_solve(A, out)


def factored_solve(factors: TensorSpec, out: TensorSpec) -> Cost:
    """2 n^2 per right-hand side: a forward and a backward substitution [LAWN41 xGETRS]."""
    return Cost(other_flops=2 * out.numel * _order(factors))


@formula("aten.linalg_solve_triangular")
def triangular_solve(self: TensorSpec, out: TensorSpec) -> Cost:
    """n^2 per right-hand side: one substitution [LAWN41 xTRTRS]."""
    return Cost(other_flops=out.numel * _order(self))


@formula("aten.triangular_solve")
def triangular_solve_legacy(A: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`triangular_solve`."""
    return triangular_solve(A, out)


@formula("aten.linalg_inv_ex")
def inverse(A: TensorSpec) -> Cost:
    """2 n^3: factor 2/3, invert 4/3 [LAWN41 xGETRF, xGETRI]."""
    return Cost(other_flops=2 * _batch(A) * _order(A) ** 3)


@formula("aten.cholesky_inverse")
def cholesky_inverse(self: TensorSpec) -> Cost:
    """2/3 n^3 from the factor [LAWN41 xPOTRI]."""
    return Cost(other_flops=2 * _batch(self) * _order(self) ** 3 // 3)


@formula("aten.geqrf")
def householder_factors(self: TensorSpec) -> Cost:
    """2 m n^2 - 2/3 n^3, Q left as reflectors [LAWN41 xGEQRF]."""
    big, small = _sides(self)
    return Cost(other_flops=_batch(self) * 2 * small**2 * (3 * big - small) // 3)


@formula("aten.linalg_qr")
def qr(A: TensorSpec, mode: str = "reduced") -> Cost:
    """The reflectors, and unless ``mode`` is "r" the Q they form."""
    m, n = A.shape[-2:]
    if mode == "r":
        return householder_factors(A)
    columns = m if mode == "complete" else min(m, n)
    return householder_factors(A) + _form_q(_batch(A), m, columns, min(m, n))


@formula("aten.linalg_householder_product")
def householder_product(input: TensorSpec, tau: TensorSpec) -> Cost:
    """Q's columns from its reflectors."""
    m, n = input.shape[-2:]
    return _form_q(_batch(input), m, n, tau.shape[-1])


@formula("aten.ormqr")
def multiply_by_q(input2: TensorSpec, input3: TensorSpec, left: bool = True) -> Cost:
    """4 m n k - 2 n k^2 to apply k reflectors from the left [LAWN41 xORMQR]."""
    m, n = input3.shape[-2:] if left else reversed(input3.shape[-2:])
    k = input2.shape[-1]
    return Cost(other_flops=_batch(input3) * (4 * m * n * k - 2 * n * k**2))


@formula("aten.linalg_lstsq")
def least_squares(self: TensorSpec, b: TensorSpec) -> Cost:
    """A QR factorisation, and 4 m n - n^2 per right-hand side [LAWN41 xORMQR, xTRTRS]."""
    big, small = _sides(self)
    vectors = b.shape[-1] if b.ndim == self.ndim else 1
    applied = _batch(self) * vectors * (4 * big * small - small**2)
    return householder_factors(self) + Cost(other_flops=applied)


@formula("aten._linalg_eigh")
def eigen_symmetric(A: TensorSpec, compute_v: bool = True) -> Cost:
    """4/3 n^3 for the values, 9 n^3 with vectors [GVL 8.3.3]."""
    cubed = _batch(A) * _order(A) ** 3
    return Cost(other_flops=9 * cubed if compute_v else 4 * cubed // 3)


@formula("aten._linalg_eigvals")
def eigenvalues(self: TensorSpec) -> Cost:
    """10 n^3 [GVL 7.5.6]."""
    return Cost(other_flops=10 * _batch(self) * _order(self) ** 3)


@formula("aten.linalg_eig")
def eigen(self: TensorSpec) -> Cost:
    """25 n^3 with vectors [GVL 7.5.6]."""
    return Cost(other_flops=25 * _batch(self) * _order(self) ** 3)


@formula("aten._linalg_svd")
def svd(A: TensorSpec, full_matrices: bool = False, compute_uv: bool = True) -> Cost:
    """Golub-Reinsch [GVL 8.6.3].

    4 m n^2 - 4/3 n^3 for the values, 14 m n^2 + 8 n^3 with thin U and V, and
    4 m^2 n + 8 m n^2 + 9 n^3 with full ones.
    """
    m, n = _sides(A)
    if not compute_uv:
        each = 4 * n**2 * (3 * m - n) // 3
    elif full_matrices:
        each = 4 * m**2 * n + 8 * m * n**2 + 9 * n**3
    else:
        each = 14 * m * n**2 + 8 * n**3
    return Cost(other_flops=_batch(A) * each)


@formula("aten.linalg_pinv")
def pseudo_inverse(self: TensorSpec) -> Cost:
    """A thin SVD, V scaled by the inverse values, and the product with U's transpose."""
    m, n = _sides(self)
    batch = _batch(self)
    return svd(self) + Cost(batch * m * n**2, batch * (n**2 + n))


@formula("aten.linalg_matrix_exp")
def matrix_exponential(self: TensorSpec) -> Cost:
    """Five products: torch's Taylor polynomial of degree 18, without squarings for large norms."""
    return Cost(5 * _batch(self) * _order(self) ** 3)


def _form_q(batch: int, m: int, n: int, k: int) -> Cost:
    """n columns of Q from k reflectors: 4 m n k - 2 (m + n) k^2 + 4/3 k^3 [LAWN41 xORGQR]."""
    return Cost(other_flops=batch * (4 * m * n * k - 2 * (m + n) * k**2 + 4 * k**3 // 3))


def _batch(matrices: TensorSpec) -> int:
    return math.prod(matrices.shape[:-2])


def _order(matrices: TensorSpec) -> int:
    return matrices.shape[-1]


def _sides(matrices: TensorSpec) -> tuple[int, int]:
    """The longer and the shorter side."""
    m, n = matrices.shape[-2:]
    return max(m, n), min(m, n)
