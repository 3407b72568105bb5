"""How many passes are measured."""

from __future__ import annotations

import time

import pytest

from flopscope.measure.sampling import Budget, sample, warm_up
from flopscope.measurements import median_error


def passes(*seconds: float):
    """A model whose passes take so long, by its own word; the last is repeated."""
    left = list(seconds)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_it_warms_up_until_a_pass_is_hardly_faster_than_the_one_before():
    assert warm_up(passes(9.0, 5.0, 2.0, 1.9, 1.8), Budget(most_seconds=100)) == 4


def test_it_warms_up_for_half_of_the_time_at_most():
    assert warm_up(passes(9.0, 5.0, 2.0), Budget(most_seconds=20)) == 2


def test_steady_passes_are_enough_once_the_least_time_is_over():
    taken: list[float] = []
    sample(passes(1.0), Budget(least_seconds=0.0, most_seconds=60), taken)

    assert median_error(taken) == 0.0
    assert median_error(taken[:-1]) is None


def test_the_least_time_is_measured_also_where_passes_are_steady():
    start = time.perf_counter()
    sample(passes(1.0), Budget(least_seconds=0.05, most_seconds=60, most_runs=10**9), [])

    assert time.perf_counter() - start >= 0.05


def test_unsteady_passes_are_measured_until_the_time_is_over():
    taken: list[float] = []
    values = iter([1.0, 3.0] * 10**7)
    budget = Budget(least_seconds=0.0, most_seconds=0.05, most_runs=10**9)
    start = time.perf_counter()
    sample(lambda: next(values), budget, taken)

    assert time.perf_counter() - start >= 0.05
    assert median_error(taken) > budget.precision


def test_what_was_measured_is_there_when_something_interrupts():
    def interrupted():
        if len(taken) == 2:
            raise KeyboardInterrupt
        return 1.0

    taken: list[float] = []
    with pytest.raises(KeyboardInterrupt):
        sample(interrupted, Budget(), taken)

    assert taken == [1.0, 1.0]
