from __future__ import annotations

import math

import pytest

from tests.unit.costs.operations import flops, spec

X, PER_ROW = spec(4, 16), spec(4)


def test_a_mean_divides_each_sum() -> None:
    assert flops("mean", PER_ROW, self=X, dim=(1,)) == 4 * 16 + 4


def test_a_deviation_is_the_root_of_a_variance() -> None:
    variance = flops("var", PER_ROW, self=X, dim=(1,))
    assert variance == 4 * (4 * 16) + 2 * 4
    assert flops("std", PER_ROW, self=X, dim=(1,)) - variance == 4


@pytest.mark.parametrize(
    ("order", "per_element", "per_row"),
    [(2, 2, 1), (1, 2, 0), (0, 2, 0), (math.inf, 2, 0), (-math.inf, 2, 0), (3, 3, 1)],
)
def test_a_norm_takes_a_power_only_where_it_needs_one(
    order: float, per_element: int, per_row: int
) -> None:
    expected = per_element * (4 * 16) + per_row * 4
    assert flops("linalg_vector_norm", PER_ROW, self=X, ord=order) == expected


def test_sorting_compares_every_element_once_per_halving() -> None:
    assert flops("sort", X, self=X, dim=1) == 4 * 16 * 4
    assert flops("sort", X, self=X, dim=0) == 4 * 16 * 2


def test_the_best_k_cost_less_than_a_sort() -> None:
    best = flops("topk", spec(4, 2), self=X, k=2)
    assert best == 4 * 16 * 1
    assert best < flops("sort", X, self=X)


def test_a_median_of_everything_sorts_everything() -> None:
    assert flops("median", spec(), self=X) == 64 * 6
    assert flops("median", PER_ROW, self=X, dim=1) == 64 * 4


def test_a_search_halves_the_sorted_sequence() -> None:
    boundaries = spec(1000)
    assert flops("bucketize", X, self=X, boundaries=boundaries) == 64 * 10
    assert flops("searchsorted", X, sorted_sequence=boundaries, self=X) == 64 * 10


def test_a_running_sum_takes_one_addition_per_element() -> None:
    assert flops("cumsum", X, self=X, dim=1) == 64


def test_logsumexp_adds_the_maximum_back() -> None:
    assert flops("logsumexp", PER_ROW, self=X, dim=(1,)) == 4 * 64 + 2 * 4


def test_an_empty_row_takes_nothing_to_sort() -> None:
    assert flops("sort", spec(4, 0), self=spec(4, 0), dim=1) == 0
