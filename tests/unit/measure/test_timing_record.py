from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.measurements import Timing, median_error


def timing(*seconds: float) -> Timing:
    return Timing("cpu", "a processor", threads=1, seconds=seconds)


def test_the_median_ignores_a_slow_run() -> None:
    assert timing(3.0, 1.0, 2.0, 100.0, 2.5).median_seconds == 2.5


def test_the_spread_is_between_the_quartiles() -> None:
    assert timing(5.0, 1.0, 4.0, 2.0, 3.0).iqr_seconds == pytest.approx(4.0 - 2.0)


def test_the_spread_of_one_run_is_unknown() -> None:
    assert timing(2.0).median_seconds == 2.0
    assert timing(2.0).iqr_seconds is None


def test_the_error_of_a_median_is_the_reach_of_the_order_statistics_around_it():
    """For 25 runs, the 8th and the 18th: 25 / 2 -+ 1.96 * sqrt(25) / 2 = 7.6 and 17.4."""
    seconds = [float(number) for number in range(1, 26)]

    assert median_error(seconds) == pytest.approx((18 - 7) / 2 / 13)


def test_few_runs_say_nothing_of_the_error_of_their_median():
    assert median_error([1.0] * 5) is None
    assert median_error([]) is None


def test_95_of_100_runs_stay_under_the_95th_percentile():
    assert timing(*(float(number) for number in range(1, 101))).p95_seconds == pytest.approx(95.05)
    assert timing(*[1.0] * 19).p95_seconds is None


def test_overhead_is_what_a_watched_pass_takes_more():
    watched = replace(timing(1.0, 1.0, 1.0), module_seconds={"": 1.25})

    assert watched.overhead_seconds == pytest.approx(0.25)
    assert timing(1.0).overhead_seconds is None


def test_samples_per_second_are_those_of_a_batch_in_the_time_of_a_pass():
    assert replace(timing(0.5), samples=8).samples_per_second == 16.0
    assert timing(0.5).samples_per_second is None
    assert replace(timing(0.0), samples=8).samples_per_second is None
