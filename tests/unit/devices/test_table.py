"""Every row of the table of devices: its figures can be true, and it says where they are from."""

from __future__ import annotations

from typing import get_args

import pytest

from flopscope.devices import Arithmetic, devices, tables

every_device = pytest.mark.parametrize("device", devices(), ids=lambda device: device.name)

NEVER_SLOWER = [
    ("fp64_matrix", "fp64_vector"),
    ("fp32_vector", "fp64_vector"),
    ("fp32_matrix", "fp32_vector"),
    ("tf32_matrix", "fp32_vector"),
    ("fp16_vector", "fp32_vector"),
    ("fp16_matrix", "tf32_matrix"),
    ("bf16_matrix", "tf32_matrix"),
    ("fp16_matrix", "fp16_vector"),
    ("fp16_matrix", "bf16_matrix"),
    ("fp16_matrix_fp16_accumulate", "fp16_matrix"),
    ("fp8_matrix", "fp16_matrix"),
    ("fp8_matrix", "bf16_matrix"),
    ("fp8_matrix_fp16_accumulate", "fp8_matrix"),
    ("fp4_matrix", "fp8_matrix"),
    ("int4_matrix", "int8_matrix"),
]
"""The narrower, less exact or more special arithmetic, and the one that it is no slower than."""

# In 10**12 FLOP/s. Halved are those that vendors print of sparse matrices, or of two dies together.
DENSE = [
    ("H100 SXM", "bf16_matrix", 1978.9 / 2),
    ("H100 SXM", "fp8_matrix", 3957.8 / 2),
    ("H100 SXM", "tf32_matrix", 989.4 / 2),
    ("H200 SXM", "bf16_matrix", 1978.9 / 2),
    ("H100 PCIe", "fp16_matrix", 1513 / 2),
    ("A100 SXM 80GB", "bf16_matrix", 624 / 2),
    ("L4", "fp16_matrix", 242 / 2),
    ("L4", "fp8_matrix", 485 / 2),
    ("L40S", "fp16_matrix", 724.1 / 2),
    ("B200", "fp4_matrix", 18_000 / 2),
    ("RTX 5090", "fp4_matrix", 3352 / 2),
    ("MI300X", "fp8_matrix", 5229.8 / 2),
    ("RTX 4090", "fp16_matrix", 165.2),
    ("MI250X (one GCD)", "bf16_matrix", 383 / 2),
]


def test_there_is_a_row_for_at_least_sixty_devices_and_one_alone_for_each():
    names = [device.name for device in devices()]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


def test_the_table_is_read_once():
    assert devices() is devices()


def test_no_pattern_stands_in_two_rows():
    patterns = [pattern for device in devices() for pattern in device.patterns]
    assert len(set(patterns)) == len(patterns)


@every_device
def test_every_row_names_its_source(device):
    assert len(device.source) > len(device.vendor)
    assert device.patterns or "never matched by name" in device.notes.lower()


@every_device
def test_every_table_that_a_row_refers_to_is_cited(device):
    assert {*device.agreeing, *(claim.by for claim in device.conflicts)} <= set(tables())


def test_every_table_that_is_cited_is_referred_to():
    referred = {name for device in devices() for name in device.agreeing}
    assert referred | {claim.by for device in devices() for claim in device.conflicts} == set(
        tables()
    )


@every_device
def test_every_figure_is_positive_and_of_a_known_kind(device):
    assert device.flops_per_second
    assert set(device.flops_per_second) <= set(get_args(Arithmetic))
    # From a laptop's GPU to twice the fastest: a slip of a prefix lies outside.
    assert all(1e12 <= rate <= 2e16 for rate in device.flops_per_second.values())
    assert 50e9 <= device.bytes_per_second <= 1e13
    assert device.memory_bytes == tuple(sorted(set(device.memory_bytes)))
    assert all(8 * 2**30 <= nbytes <= 512 * 2**30 for nbytes in device.memory_bytes)


@pytest.mark.parametrize(("faster", "slower"), NEVER_SLOWER)
@every_device
def test_arithmetic_that_is_less_exact_is_no_slower(device, faster, slower):
    rates = device.flops_per_second
    assert rates.get(faster, float("inf")) >= rates.get(slower, 0)


@every_device
def test_halving_the_width_of_numbers_doubles_a_rate_where_a_sparse_figure_would_quadruple_it(
    device,
):
    rates = device.flops_per_second
    # GeForce cards are held to half their rate of fp16 where they accumulate in fp32.
    full = rates.get("fp16_matrix_fp16_accumulate", rates.get("fp16_matrix"))
    for narrow, wide in (
        (rates.get("fp8_matrix"), rates.get("fp16_matrix")),
        (rates.get("int8_matrix"), full),
        (rates.get("int4_matrix"), rates.get("int8_matrix")),
    ):
        assert narrow is None or wide is None or narrow <= 2.03 * wide


@pytest.mark.parametrize(("name", "arithmetic", "teraflops"), DENSE)
def test_rates_are_of_dense_matrices(name, arithmetic, teraflops):
    (device,) = (device for device in devices() if device.name == name)
    assert device.flops_per_second[arithmetic] == pytest.approx(teraflops * 1e12, rel=2e-3)


def test_a_rate_is_the_printed_one_to_the_last_digit():
    (device,) = (device for device in devices() if device.name == "H100 SXM")
    assert device.flops_per_second["bf16_matrix"] == 989.4e12
    assert device.bytes_per_second == 3350e9
    assert device.memory_bytes == (80 * 2**30,)


@every_device
def test_a_conflict_is_of_a_figure_that_the_row_has_and_of_another_value(device):
    for claim in device.conflicts:
        if claim.figure == "memory_bytes":
            assert claim.value not in device.memory_bytes
            continue
        figures = {**device.flops_per_second, "bytes_per_second": device.bytes_per_second}
        assert abs(claim.value / figures[claim.figure] - 1) > 0.02


def test_a_sparse_figure_is_a_conflict_and_never_the_rate():
    sparse = [
        (device.flops_per_second[claim.figure], claim.value)
        for device in devices()
        for claim in device.conflicts
        if claim.why == "sparse"
    ]
    assert sparse
    assert all(claimed == pytest.approx(2 * chosen, rel=1e-2) for chosen, claimed in sparse)
