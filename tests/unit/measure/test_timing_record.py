from __future__ import annotations

import pytest

from flopscope.measurements import Timing


def timing(*seconds: float) -> Timing:
    return Timing("cpu", "a processor", threads=1, seconds=seconds)


def test_the_median_ignores_a_slow_run() -> None:
    assert timing(3.0, 1.0, 2.0, 100.0, 2.5).median_seconds == 2.5


def test_the_spread_is_between_the_quartiles() -> None:
    assert timing(5.0, 1.0, 4.0, 2.0, 3.0).iqr_seconds == pytest.approx(4.0 - 2.0)


def test_the_spread_of_one_run_is_unknown() -> None:
    assert timing(2.0).median_seconds == 2.0
    assert timing(2.0).iqr_seconds is None
