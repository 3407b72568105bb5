"""Which of a device's rates a type of number runs at."""

from __future__ import annotations

import pytest

from flopscope.devices import Device, Peak, typed_device
from flopscope.dtypes import BITS

DEVICE = Device(
    name="Example",
    vendor="Nobody",
    patterns=(),
    flops_per_second={
        "fp64_vector": 1e12,
        "fp32_vector": 2e12,
        "tf32_matrix": 8e12,
        "fp16_matrix": 16e12,
        "fp16_matrix_fp16_accumulate": 32e12,
        "bf16_matrix": 17e12,
        "fp8_matrix": 33e12,
        "int8_matrix": 34e12,
    },
    bytes_per_second=1e12,
    memory_bytes=(2**30,),
    source="this test",
)


@pytest.mark.parametrize(
    ("dtype", "arithmetic"),
    [
        ("float64", "fp64_vector"),
        ("float32", "fp32_vector"),
        ("tf32", "tf32_matrix"),
        ("float16", "fp16_matrix"),
        ("bfloat16", "bf16_matrix"),
        ("float8_e4m3fn", "fp8_matrix"),
        ("float8_e5m2", "fp8_matrix"),
        ("int8", "int8_matrix"),
        ("quint8", "int8_matrix"),
    ],
)
def test_a_matrix_product_runs_in_the_arithmetic_of_its_type(dtype, arithmetic):
    assert DEVICE.matrix_peak(dtype) == Peak(arithmetic, DEVICE.flops_per_second[arithmetic])


@pytest.mark.parametrize("dtype", ["complex64", "bool", "float4_e2m1fn_x2", "quint4x2", "int32"])
def test_a_rate_that_is_not_known_is_none_and_not_another_types(dtype):
    assert DEVICE.matrix_peak(dtype) is None


@pytest.mark.parametrize("dtype", ["float32", "tf32", "float16", "bfloat16"])
def test_elementwise_arithmetic_on_narrow_types_runs_in_fp32_on_vector_units(dtype):
    assert DEVICE.vector_peak(dtype) == Peak("fp32_vector", 2e12)


def test_tf32_is_fp32_where_a_device_has_no_units_for_it():
    assert typed_device("V100 SXM2").matrix_peak("tf32") == Peak("fp32_vector", 15.7e12)


def test_fp32_products_never_run_at_the_rate_of_tf32_unasked():
    assert typed_device("H100 SXM").matrix_peak("float32") == Peak("fp32_vector", 67e12)


def test_products_run_on_matrix_units_where_there_are_any_for_the_type():
    assert typed_device("A100 SXM 80GB").matrix_peak("float64") == Peak("fp64_matrix", 19.5e12)
    assert typed_device("MI100").matrix_peak("float32") == Peak("fp32_matrix", 46.1e12)


def test_fp16_products_run_on_vector_units_where_there_are_no_others():
    assert typed_device("P100 SXM2").matrix_peak("float16") == Peak("fp16_vector", 21.2e12)


@pytest.mark.parametrize("dtype", [name for name in BITS if name.startswith("float8")])
def test_every_type_of_eight_bits_with_a_fraction_is_fp8(dtype):
    assert DEVICE.matrix_peak(dtype) == Peak("fp8_matrix", 33e12)
