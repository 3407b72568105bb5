from __future__ import annotations

import pytest

from tests.unit.costs.operations import cost, spec

GROUPS, ROWS, LENGTH, COLUMNS = 4, 64, 32, 48
OFFSETS = spec(GROUPS, dtype="int32")


@pytest.mark.parametrize(
    ("left", "right", "out", "products"),
    [
        ((ROWS, LENGTH), (GROUPS, LENGTH, COLUMNS), (ROWS, COLUMNS), ROWS * LENGTH * COLUMNS),
        ((GROUPS, 5, LENGTH), (LENGTH, COLUMNS), (5, COLUMNS), 5 * LENGTH * COLUMNS),
        (
            (GROUPS, 5, LENGTH),
            (GROUPS, LENGTH, COLUMNS),
            (GROUPS, 5, COLUMNS),
            GROUPS * 5 * LENGTH * COLUMNS,
        ),
        ((5, LENGTH), (LENGTH, COLUMNS), (GROUPS, 5, COLUMNS), 5 * LENGTH * COLUMNS),
    ],
    ids=["rows in groups", "columns in groups", "batch", "terms in groups"],
)
def test_every_row_column_or_term_of_a_grouped_product_meets_its_own_group(
    left: tuple[int, ...], right: tuple[int, ...], out: tuple[int, ...], products: int
) -> None:
    found = cost("_grouped_mm", spec(*out), self=spec(*left), mat2=spec(*right), offs=OFFSETS)
    assert found.macs == products


def test_two_4_bit_numbers_share_an_element() -> None:
    def product(length: int, dtype: str) -> int:
        left, right = spec(16, length, dtype=dtype), spec(length, 8, dtype=dtype)
        return cost("_scaled_mm", spec(16, 8), self=left, mat2=right).macs

    assert product(32, "float4_e2m1fn_x2") == product(64, "float8_e4m3fn") == 16 * 64 * 8


def test_scales_are_flops_and_no_macs() -> None:
    scaled = cost("_scaled_mm", spec(16, 8), self=spec(16, 32), mat2=spec(32, 8), bias=spec(8))
    assert (scaled.macs, scaled.other_flops) == (16 * 32 * 8, 16 * 8 * (2 + 1))


def test_a_4_bit_weight_is_unpacked_once_however_many_rows_use_it() -> None:
    def layer(rows: int) -> int:
        packed = spec(8, 32, 2, dtype="int32")
        return cost("_weight_int4pack_mm", spec(rows, 64), self=spec(rows, 32), mat2=packed).flops

    assert layer(1) == 2 * 32 * 64 + 2 * 32 * 64
    assert layer(10) == 10 * (2 * 32 * 64) + 2 * 32 * 64


def test_an_integer_product_takes_the_macs_of_a_floating_one() -> None:
    left, right = spec(32, 32, dtype="int8"), spec(32, 32, dtype="int8")
    assert cost("_int_mm", spec(32, 32, dtype="int32"), self=left, mat2=right).macs == 32**3
