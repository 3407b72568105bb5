"""A device's row as rates: what it sustains of its peak, and what calibration changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.analysis.prediction.laws import Rates
from flopscope.analysis.prediction.machines import (
    Scalars,
    Sustaining,
    published_share,
    rates_of,
    watts_per_teraflops,
)
from flopscope.devices import Device, Sustained
from tests.unit.analysis.prediction.streams import device

UNHURRIED = settings(deadline=None)  # which a first example, that loads things, would miss
ALL = Sustaining(1.0, 0.0)
PLAIN = Scalars()
PEAKS = {
    "fp64_vector": 1e12,
    "fp32_vector": 2e12,
    "tf32_matrix": 50e12,
    "fp16_matrix": 100e12,
    "bf16_matrix": 100e12,
    "fp8_matrix": 200e12,
}


def rated(**changed: object) -> Device:
    return device(**{"flops_per_second": PEAKS} | changed)


def sustained(*shares: float, by: str = "someone") -> tuple[Sustained, ...]:
    return tuple(Sustained("bf16_matrix", share * 100e12, by) for share in shares)


def rates(found: Device, sustaining: Sustaining = ALL, scalars: Scalars = PLAIN) -> Rates:
    made = rates_of(found, sustaining, scalars)
    assert made is not None
    return made


def test_each_type_has_the_rate_of_the_arithmetic_that_it_runs_in() -> None:
    found = rates(rated())

    assert found.matrix == {
        "float64": 1e12,
        "float32": 2e12,
        "tf32": 50e12,
        "float16": 100e12,
        "bfloat16": 100e12,
        "float8_e4m3fn": 200e12,
        "float8_e5m2": 200e12,
    }
    assert found.vector == 2e12


def test_float32_that_may_be_rounded_runs_as_it_is_where_there_is_no_tf32() -> None:
    assert rates(device()).matrix["tf32"] == rates(device()).vector


def test_a_type_that_is_not_rated_runs_on_the_units_for_vectors() -> None:
    found = rates(rated())

    assert found.flops_per_second("matrix", "complex64") == 2e12
    assert found.flops_per_second("vector", "float16") == 2e12


def test_without_a_rate_of_fp32_nothing_can_be_reckoned() -> None:
    assert rates_of(device(flops_per_second={"fp16_matrix": 1e14}), ALL) is None


def test_cache_and_threads_are_none_where_they_are_unknown() -> None:
    assert (rates(rated()).cache_nbytes, rates(rated()).threads) == (0, 0)


def test_threads_are_those_of_all_multiprocessors() -> None:
    """Compute capability 8.6: 1536 for each (CUDA C Programming Guide, table of capabilities)."""
    found = rates(rated(multiprocessors=82, cache_bytes=6 * 2**20))

    assert (found.cache_nbytes, found.threads) == (6 * 2**20, 82 * 1536)


@pytest.mark.parametrize(("shares", "least"), [((0.7,), 0.7), ((0.9, 0.5, 0.6), 0.5)])
def test_of_what_was_published_the_least_is_taken(shares, least) -> None:
    assert published_share(rated(sustained=sustained(*shares))) == pytest.approx(least)


def test_only_products_of_halves_count_and_only_by_a_known_peak() -> None:
    eighths = Sustained("fp8_matrix", 50e12, "someone")

    assert published_share(rated(sustained=(eighths,))) is None
    no_bf16 = {"fp16_matrix": 1e14, "fp32_vector": 2e13}
    unrated = device(sustained=sustained(0.5), flops_per_second=no_bf16)
    assert published_share(unrated) is None
    assert published_share(rated(sustained=(eighths, *sustained(0.5)))) == 0.5


def test_a_published_share_is_said_with_who_published_it() -> None:
    found = rated(sustained=sustained(0.7, 0.7) + sustained(0.7, by="another"), watts=100.0)
    share, source = Sustaining(0.5, 1.0).of(found)

    assert share == pytest.approx(0.7)
    assert source == "published by someone, another"


def test_the_share_of_others_is_a_power_of_their_watts() -> None:
    found = rated(watts=400.0)

    assert watts_per_teraflops(found) == 4.0
    assert Sustaining(0.4, 0.5).of(found) == (0.4 * 2, "estimated from its watts")


def test_a_device_of_bfloat16_alone_has_its_watts_by_that() -> None:
    only = {"bf16_matrix": 100e12, "fp32_vector": 1e12}

    assert watts_per_teraflops(rated(flops_per_second=only, watts=300.0)) == 3.0


def test_a_device_without_watts_or_halves_is_taken_by_its_datasheet() -> None:
    assert Sustaining(0.4, 0.5).of(rated()) == (1.0, "the datasheet's peak")
    floats = rated(flops_per_second={"fp32_vector": 1e12}, watts=300.0)
    assert Sustaining(0.4, 0.5).of(floats)[0] == 1.0


def test_halves_on_units_for_vectors_are_not_slowed_as_matrix_products_are() -> None:
    old = rated(flops_per_second={"fp16_vector": 20e12, "fp32_vector": 10e12}, watts=300.0)

    assert Sustaining(0.4, 0.5).of(old)[0] == 1.0
    assert rates(old, Sustaining(0.4, 0.5)).matrix["float16"] == 20e12


def test_products_on_matrix_units_are_slowed_and_those_of_vectors_are_not() -> None:
    found = rates(rated(watts=100.0), Sustaining(0.5, 0.0))

    assert found.matrix["float16"] == 50e12
    assert found.matrix["tf32"] == 25e12
    assert (found.matrix["float32"], found.vector) == (2e12, 2e12)


@UNHURRIED
@given(st.floats(0.1, 2.0), st.floats(0.1, 2.0))
def test_scalars_multiply_arithmetic_and_bandwidth(compute: float, bandwidth: float) -> None:
    plain = rates(rated(watts=100.0), Sustaining(0.5, 0.0))
    found = rates(rated(watts=100.0), Sustaining(0.5, 0.0), Scalars(compute, bandwidth))

    assert found.vector == pytest.approx(compute * plain.vector)
    assert found.bytes_per_second == pytest.approx(bandwidth * plain.bytes_per_second)
    for dtype, rate in plain.matrix.items():
        assert found.matrix[dtype] == pytest.approx(compute * rate)
