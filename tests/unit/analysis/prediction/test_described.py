"""Devices by a few figures, and what they are taken to do beside these."""

from __future__ import annotations

import statistics

import pytest

from flopscope.analysis.prediction.described import GIVEN, completed, given_device
from flopscope.devices import devices
from flopscope.errors import UsageError
from tests.unit.analysis.prediction.streams import device


def test_a_peak_is_of_matrix_products_in_the_type_that_is_asked_about() -> None:
    found = given_device(100e12, 1e12, 24 * 2**30, "bfloat16")

    assert (found.name, found.memory_bytes) == (GIVEN, (24 * 2**30,))
    assert found.flops_per_second == {"bf16_matrix": 100e12}


def test_a_peak_in_float32_is_that_of_vectors_too() -> None:
    found = given_device(10e12, 1e12, None, "float32")

    assert found.vector_peak("float32") == found.matrix_peak("float32")
    assert found.memory_bytes == ()


def test_a_type_that_nothing_is_rated_in_is_refused() -> None:
    with pytest.raises(UsageError, match="complex64"):
        given_device(1e12, 1e12, None, "complex64")


def test_a_rated_device_stays_as_it_is() -> None:
    assert completed(device()) == (device(), ())


def test_an_unknown_rate_of_float32_is_that_of_the_median_device() -> None:
    ratio = statistics.median(
        each.flops_per_second["fp32_vector"] / each.flops_per_second["fp16_matrix"]
        for each in devices()
        if {"fp32_vector", "fp16_matrix"} <= set(each.flops_per_second)
    )
    found, assumed = completed(device(flops_per_second={"fp16_matrix": 160e12}))

    assert found.flops_per_second["fp32_vector"] == pytest.approx(160e12 * ratio)
    assert len(assumed) == 1


def test_a_device_of_bfloat16_alone_is_as_fast_in_float16() -> None:
    rates = {"bf16_matrix": 4e12, "fp32_vector": 1e12}
    found, assumed = completed(device(flops_per_second=rates))

    assert found.flops_per_second == rates | {"fp16_matrix": 4e12}
    assert "bfloat16" in assumed[0]
