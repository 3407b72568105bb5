"""Polynomials are exact, recovered from values, and taken apart into products."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.formula.factoring import factored
from flopscope.analysis.formula.interpolation import Grid, degree_of
from flopscope.analysis.formula.polynomial import Polynomial, total

SYMBOLS = ("B", "S")

COEFFICIENTS = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=12)
POLYNOMIALS = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 3)), COEFFICIENTS, max_size=6
).map(lambda terms: Polynomial.of(SYMBOLS, terms))


def multiplied_out(polynomial: Polynomial) -> Polynomial:
    """What the product that a polynomial was taken apart into is."""
    product = factored(polynomial)
    found = Polynomial.of(SYMBOLS, {product.powers: product.number})
    for part, times in product.sums:
        for _ in range(times):
            found = found * part
    return found


@given(POLYNOMIALS)
def test_a_product_is_the_polynomial_it_was_made_of(polynomial: Polynomial) -> None:
    assert multiplied_out(polynomial) == polynomial


@given(POLYNOMIALS, st.integers(1, 50), st.integers(1, 20))
def test_a_polynomial_is_recovered_from_as_many_values_as_it_has_coefficients(
    polynomial: Polynomial, start: int, step: int
) -> None:
    whole = polynomial.scaled(12 * 11 * 10 * 9 * 7)  # a common multiple of the denominators
    grid = Grid({"B": [1, 2, 5], "S": [start + step * place for place in range(4)]})
    values = [int(whole.at({"B": b, "S": s})) for b, s in grid.points]
    assert grid.polynomial(values) == whole


@given(POLYNOMIALS, POLYNOMIALS)
def test_sums_and_products_have_the_values_of_their_parts(
    one: Polynomial, other: Polynomial
) -> None:
    sizes = {"B": 3, "S": 7}
    assert (one + other).at(sizes) == one.at(sizes) + other.at(sizes)
    assert (one - other).at(sizes) == one.at(sizes) - other.at(sizes)
    assert (one * other).at(sizes) == one.at(sizes) * other.at(sizes)
    assert total(SYMBOLS, [one, other]) == one + other


def test_the_factors_of_a_product_of_sums_are_found() -> None:
    # 6 B (S + 2)^2 (3 B - 1)
    sums = [{(0, 1): 1, (0, 0): 2}, {(0, 1): 1, (0, 0): 2}, {(1, 0): 3, (0, 0): -1}]
    polynomial = Polynomial.of(SYMBOLS, {(1, 0): 6})
    for part in sums:
        polynomial = polynomial * Polynomial.of(SYMBOLS, part)

    product = factored(polynomial)

    assert (product.number, product.powers) == (6, (1, 0))
    assert {times: dict(part.terms) for part, times in product.sums} == {
        1: {(1, 0): 3, (0, 0): -1},
        2: {(0, 1): 1, (0, 0): 2},
    }


def test_a_fraction_in_front_leaves_whole_coefficients() -> None:
    half = Polynomial.of(SYMBOLS, {(1, 0): Fraction(3, 2), (0, 1): Fraction(9, 4)})
    product = factored(half)
    assert product.number == Fraction(3, 4)
    assert [dict(part.terms) for part, _ in product.sums] == [{(1, 0): 2, (0, 1): 3}]


@pytest.mark.parametrize(
    ("values", "degree"),
    [([5, 5, 5], 0), ([0, 0, 0], 0), ([1, 2, 3, 4], 1), ([1, 4, 9, 16, 25], 2)],
)
def test_a_degree_is_believed_where_two_more_values_agree(values: list[int], degree: int) -> None:
    assert degree_of(values, spare=2) == degree
    assert degree_of(values[:-1], spare=2) is None


def test_values_on_no_low_polynomial_have_no_degree() -> None:
    assert degree_of([1, 2, 4, 8, 16, 32, 64], spare=2) is None
