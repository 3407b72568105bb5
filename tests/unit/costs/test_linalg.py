"""Leading terms against LAPACK Working Note 41 and Golub & Van Loan, for n = 6 and m = 9."""

from __future__ import annotations

from tests.unit.costs.operations import cost, flops, spec

N, M = 6, 9
SQUARE, TALL = spec(N, N), spec(M, N)


def test_cholesky_takes_half_of_lu() -> None:
    lu = flops("linalg_lu_factor_ex", SQUARE, A=SQUARE)
    assert lu == 2 * N**3 // 3
    assert flops("linalg_cholesky_ex", SQUARE, self=SQUARE) == lu // 2


def test_a_solve_factors_and_substitutes_twice() -> None:
    right = spec(N, 5)
    found = flops("_linalg_solve_ex", right, A=SQUARE, B=right)
    assert found == 2 * N**3 // 3 + 2 * N**2 * 5
    assert flops("linalg_solve_triangular", right, self=SQUARE, B=right) == N**2 * 5


def test_an_inverse_takes_a_whole_product() -> None:
    product = cost("mm", SQUARE, self=SQUARE, mat2=SQUARE)
    assert flops("linalg_inv_ex", SQUARE, A=SQUARE) == product.flops


def test_qr_forms_as_many_columns_as_are_asked_for() -> None:
    reflectors = 2 * M * N**2 - 2 * N**3 // 3
    complete = 4 * M * M * N - 2 * (M + M) * N**2 + 4 * N**3 // 3
    assert flops("linalg_qr", TALL, A=TALL, mode="r") == reflectors
    assert flops("linalg_qr", TALL, A=TALL, mode="reduced") == 2 * reflectors
    assert flops("linalg_qr", TALL, A=TALL, mode="complete") == reflectors + complete


def test_least_squares_factors_rotates_and_substitutes() -> None:
    right = spec(M, 2)
    expected = (2 * M * N**2 - 2 * N**3 // 3) + 2 * (4 * M * N - N**2)
    assert flops("linalg_lstsq", spec(N, 2), self=TALL, b=right) == expected


def test_eigenvectors_cost_more_than_eigenvalues() -> None:
    assert flops("_linalg_eigh", spec(N), A=SQUARE, compute_v=False) == 4 * N**3 // 3
    assert flops("_linalg_eigh", spec(N), A=SQUARE, compute_v=True) == 9 * N**3
    assert flops("_linalg_eigvals", spec(N), self=SQUARE) == 10 * N**3
    assert flops("linalg_eig", spec(N), self=SQUARE) == 25 * N**3


def test_a_singular_value_decomposition_does_not_care_which_side_is_longer() -> None:
    wide = spec(N, M)
    assert flops("_linalg_svd", TALL, A=TALL) == flops("_linalg_svd", wide, A=wide)
    assert flops("_linalg_svd", TALL, A=TALL) == 14 * M * N**2 + 8 * N**3
    values = flops("_linalg_svd", TALL, A=TALL, compute_uv=False)
    assert values == 4 * M * N**2 - 4 * N**3 // 3
    full = flops("_linalg_svd", TALL, A=TALL, full_matrices=True)
    assert full == 4 * M**2 * N + 8 * M * N**2 + 9 * N**3


def test_a_batch_of_matrices_costs_as_many_times_one() -> None:
    batch = spec(3, 4, N, N)
    assert flops("linalg_inv_ex", batch, A=batch) == 12 * flops("linalg_inv_ex", SQUARE, A=SQUARE)
