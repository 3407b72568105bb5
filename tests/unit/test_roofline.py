"""What a machine allows, and what keeps work from being done sooner."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.costs import Cost
from flopscope.devices import devices
from flopscope.roofline import Limits, Performance

# 100 FLOP/s and 20 B/s: the ridge is at 100 / 20 = 5 FLOP/B.
LIMITS = Limits(flops_per_second=100, bytes_per_second=20, seconds_per_call=0.5)
UNKNOWN = Limits()

rates = st.floats(min_value=1, max_value=1e17)
intensities = st.floats(min_value=1e-6, max_value=1e9)
amounts = st.integers(min_value=1, max_value=10**18)
durations = st.floats(min_value=1e-9, max_value=1e6)


def work(flops, bytes_moved, seconds=None, calls=None, limits=LIMITS):
    cost = Cost(other_flops=flops, bytes_moved=bytes_moved)
    return Performance(cost, limits, seconds, calls)


def test_the_ridge_is_where_bandwidth_feeds_the_peak():
    assert LIMITS.ridge_intensity == 100 / 20


def test_left_of_the_ridge_memory_sets_the_roof_and_right_of_it_the_peak():
    assert LIMITS.attainable_flops_per_second(2) == 2 * 20
    assert LIMITS.attainable_flops_per_second(5) == 100
    assert LIMITS.attainable_flops_per_second(50) == 100


@given(rates, rates, intensities)
def test_the_roof_is_never_above_the_peak_nor_above_what_memory_feeds(peak, bandwidth, intensity):
    roof = Limits(peak, bandwidth).attainable_flops_per_second(intensity)
    assert roof <= peak
    assert roof <= intensity * bandwidth
    assert roof in {peak, intensity * bandwidth}


@given(rates, rates)
def test_the_roof_is_continuous_at_the_ridge(peak, bandwidth):
    limits = Limits(peak, bandwidth)
    for beside in (1 - 1e-9, 1, 1 + 1e-9):
        roof = limits.attainable_flops_per_second(beside * limits.ridge_intensity)
        assert math.isclose(roof, peak, rel_tol=1e-8)


@given(rates, rates, intensities, intensities)
def test_the_roof_never_falls(peak, bandwidth, one, other):
    low, high = sorted((one, other))
    limits = Limits(peak, bandwidth)
    assert limits.attainable_flops_per_second(low) <= limits.attainable_flops_per_second(high)


@given(rates, rates, amounts, amounts, durations)
def test_the_share_of_the_roofline_is_achieved_by_attainable_rate(
    peak, bandwidth, flops, nbytes, seconds
):
    some = work(flops, nbytes, seconds, limits=Limits(peak, bandwidth))
    share = some.achieved_flops_per_second / some.attainable_flops_per_second
    assert math.isclose(some.roofline_share, share, rel_tol=1e-9)
    assert some.peak_share <= some.roofline_share


@given(rates, rates, amounts, amounts)
def test_work_that_takes_its_ideal_time_is_on_the_roof(peak, bandwidth, flops, nbytes):
    limits = Limits(peak, bandwidth)
    ideal = work(flops, nbytes, limits=limits).ideal_seconds
    at_best = work(flops, nbytes, ideal, limits=limits)
    assert at_best.roofline_share == 1
    assert at_best.achieved_flops_per_second <= peak * (1 + 1e-9)
    assert at_best.achieved_bytes_per_second <= bandwidth * (1 + 1e-9)


@given(rates, rates, amounts, amounts)
def test_what_limits_work_is_the_side_of_the_ridge_that_it_is_on(peak, bandwidth, flops, nbytes):
    some = work(flops, nbytes, limits=Limits(peak, bandwidth))
    if some.intensity > some.limits.ridge_intensity * (1 + 1e-9):
        assert some.bound == "compute"
    if some.intensity < some.limits.ridge_intensity * (1 - 1e-9):
        assert some.bound == "memory"


def test_the_figures_of_one_piece_of_work():
    # 1000 FLOPs and 100 bytes in 40 s: 10 FLOP/B, and 1000 / 100 = 10 s at peak.
    some = work(1000, 100, seconds=40, calls=4)
    assert some.intensity == 10
    assert some.achieved_flops_per_second == 1000 / 40
    assert some.achieved_bytes_per_second == 100 / 40
    assert some.attainable_flops_per_second == 100
    assert (some.compute_seconds, some.memory_seconds) == (1000 / 100, 100 / 20)
    assert some.overhead_seconds == 4 * 0.5
    assert some.ideal_seconds == 10
    assert some.roofline_share == some.peak_share == 10 / 40


def test_a_multiply_accumulate_is_two_operations():
    assert Performance(Cost(macs=50, bytes_moved=1), LIMITS).compute_seconds == 2 * 50 / 100


def test_work_at_the_ridge_is_bound_by_compute():
    assert work(100, 20).bound == "compute"


# At best max(10 / 100, 20 / 20) = 1 s, by memory.
@pytest.mark.parametrize(
    ("seconds", "calls", "bound"),
    [
        (None, None, "memory"),
        (None, 1000, "memory"),  # nobody knows that it took longer
        (10, None, "memory"),
        (10, 20, "overhead"),  # 20 × 0.5 s, all of it
        (10, 10, "overhead"),  # 10 × 0.5 s, half of it
        (10, 9, "memory"),  # 9 × 0.5 s, less than half: something else is slow
        (2, 4, "memory"),  # twice the roofline: not far above it
    ],
)
def test_overhead_is_named_where_calls_explain_a_time_far_above_the_roofline(seconds, calls, bound):
    assert work(10, 20, seconds, calls).bound == bound


def test_work_without_arithmetic_is_held_against_bandwidth():
    copy = work(0, 100, seconds=10)
    assert copy.intensity == 0
    assert copy.roofline_share == 100 / (10 * 20)
    assert copy.bound == "memory"


def test_work_that_moves_nothing_is_held_against_the_peak():
    inside = work(1000, 0, seconds=20)
    assert inside.intensity is None
    assert inside.attainable_flops_per_second == 100
    assert inside.roofline_share == 1000 / (20 * 100)
    assert inside.bound == "compute"


def test_no_work_has_no_bound():
    nothing = work(0, 0, seconds=1)
    assert nothing.bound is None
    assert nothing.ideal_seconds == 0


def test_only_starting_operators_is_overhead():
    assert work(0, 0, seconds=1, calls=2).bound == "overhead"


@pytest.mark.parametrize(
    "limits", [UNKNOWN, Limits(flops_per_second=100), Limits(bytes_per_second=20)]
)
def test_what_depends_on_an_unknown_limit_is_unknown(limits):
    some = work(1000, 100, seconds=40, calls=4, limits=limits)
    assert limits.ridge_intensity is None
    assert limits.attainable_flops_per_second(1) is None
    assert some.attainable_flops_per_second is None
    assert some.ideal_seconds is None
    assert some.roofline_share is None
    assert some.overhead_seconds is None
    assert some.bound is None
    assert some.intensity == 10
    assert some.achieved_flops_per_second == 25


def test_utilisation_needs_the_peak_alone():
    assert work(1000, 100, 40, limits=Limits(flops_per_second=100)).peak_share == 1000 / 100 / 40


def test_bandwidth_alone_is_enough_for_work_without_arithmetic():
    assert work(0, 100, 10, limits=Limits(bytes_per_second=20)).roofline_share == 0.5


def test_work_that_was_not_timed_has_limits_and_no_rates():
    some = work(1000, 100)
    assert some.ideal_seconds == 10
    assert some.achieved_flops_per_second is None
    assert some.achieved_bytes_per_second is None
    assert some.roofline_share is None
    assert some.peak_share is None


@pytest.mark.parametrize("device", devices(), ids=lambda device: device.name)
def test_every_device_has_its_ridge_where_real_ones_have_it(device):
    """From a laptop's vectors to the fp8 of data centres: 10 to 1000 operations to the byte."""
    for rate in device.flops_per_second.values():
        assert 0.1 < Limits(rate, device.bytes_per_second).ridge_intensity < 2000
