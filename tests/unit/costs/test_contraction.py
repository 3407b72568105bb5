from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.costs.operations import cost, spec

SIZE = st.integers(1, 50)


@given(SIZE, SIZE, SIZE)
def test_a_matrix_product_takes_a_mac_per_term_of_every_dot_product(m: int, k: int, n: int) -> None:
    assert cost("mm", spec(m, n), self=spec(m, k), mat2=spec(k, n)).flops == 2 * m * k * n


@given(SIZE, SIZE, SIZE)
def test_a_batch_of_one_is_a_matrix_product(m: int, k: int, n: int) -> None:
    batched = cost("bmm", spec(1, m, n), self=spec(1, m, k), mat2=spec(1, k, n))
    assert batched == cost("mm", spec(m, n), self=spec(m, k), mat2=spec(k, n))


@given(SIZE, SIZE, SIZE, SIZE)
def test_a_linear_layer_is_linear_in_its_batch(batch: int, rows: int, into: int, out: int) -> None:
    def layer(*leading: int) -> int:
        weights = {"weight": spec(out, into), "bias": spec(out)}
        return cost("linear", spec(*leading, out), input=spec(*leading, into), **weights).flops

    assert layer(batch, rows) == batch * layer(1, rows) == batch * layer(rows)


def test_a_bias_is_one_flop_per_output_and_no_mac() -> None:
    without = cost("linear", spec(8, 5), input=spec(8, 3), weight=spec(5, 3), bias=None)
    with_bias = cost("linear", spec(8, 5), input=spec(8, 3), weight=spec(5, 3), bias=spec(5))
    assert with_bias.macs == without.macs
    assert with_bias.other_flops - without.other_flops == 8 * 5


def test_a_shared_batch_dimension_is_counted_as_often_as_it_is_used() -> None:
    shared = cost("matmul", spec(7, 2, 5), self=spec(7, 2, 3), other=spec(3, 5))
    assert shared.macs == 7 * 2 * 3 * 5


def test_an_outer_product_accumulates_nothing() -> None:
    assert cost("outer", spec(3, 4), self=spec(3), vec2=spec(4)).flops == 12


def test_addbmm_sums_the_products_of_the_whole_batch() -> None:
    found = cost("addbmm", spec(3, 5), self=spec(3, 5), batch1=spec(4, 3, 6), batch2=spec(4, 6, 5))
    assert (found.macs, found.other_flops) == (4 * 3 * 6 * 5, 3 * 5)


def test_tensordot_contracts_the_dimensions_it_names() -> None:
    found = cost(
        "tensordot",
        spec(2, 5),
        self=spec(2, 3, 4),
        other=spec(4, 3, 5),
        dims_self=(1, 2),
        dims_other=(1, 0),
    )
    assert found.macs == 2 * 5 * (3 * 4)


def test_a_complex_product_takes_four_real_macs() -> None:
    def product(dtype: str) -> int:
        a, b, out = spec(2, 3, dtype=dtype), spec(3, 4, dtype=dtype), spec(2, 4, dtype=dtype)
        return cost("mm", out, self=a, mat2=b).macs

    assert product("complex64") == 4 * product("float32")


def test_the_gradients_of_a_linear_layer_take_its_products_once_each() -> None:
    def gradients(*mask: bool) -> int:
        return cost(
            "linear_backward",
            (spec(8, 3), spec(5, 3), spec(5)),
            self=spec(8, 3),
            grad_output=spec(8, 5),
            weight=spec(5, 3),
            output_mask=mask,
        ).macs

    forward = 8 * 3 * 5
    assert gradients(True, True, True) == 2 * forward
    assert gradients(False, True, True) == forward
    assert gradients(False, False, True) == 0
