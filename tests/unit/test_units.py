"""Quantities as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.errors import UsageError
from flopscope.units import format_fixed, format_mebibytes, format_quantity, parse_quantity

UNITS = ["", "B", "s", "FLOP/s", "MACs", "FLOP/B"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_814_073_344, "", "1.81 G"),
        (2_654_976, "", "2.65 M"),
        (44.6 * 2**20, "B", "44.6 MiB"),
        (312e12, "FLOP/s", "312 TFLOP/s"),
        (0.00321, "s", "3.21 ms"),
        (4.1e-5, "s", "41.0 µs"),
        (2.5, "s", "2.50 s"),
    ],
)
def test_a_quantity_has_three_significant_digits_and_the_prefix_of_its_unit(value, unit, text):
    assert format_quantity(value, unit) == text


def test_a_whole_number_without_a_prefix_is_exact():
    assert format_quantity(128) == "128"
    assert format_quantity(7, "B") == "7 B"


def test_zero_has_neither_prefix_nor_decimals():
    assert format_quantity(0) == "0"
    assert format_quantity(0.0, "s") == "0 s"


def test_rounding_up_to_a_thousand_moves_on_to_the_next_prefix():
    assert format_quantity(999_996, decimals=2) == "1.00 M"
    assert format_quantity(999_700) == "1.00 M"


def test_bytes_change_prefix_before_a_fourth_digit():
    assert format_quantity(1000 * 2**20, "B") == "0.977 GiB"  # 1000 / 1024


def test_what_is_beyond_the_largest_prefix_is_still_written_out():
    assert format_quantity(4000.0, "s") == "4000 s"


def test_fixed_decimals_line_up_in_a_column():
    assert format_quantity(118_013_952, decimals=2) == "118.01 M"
    assert format_quantity(9_408, decimals=2) == "9.41 k"


def test_a_negative_quantity_is_its_positive_with_a_sign():
    assert format_quantity(-1.5e9, "MACs") == "-1.50 GMACs"


@given(value=st.floats(1e-9, 1e24), unit=st.sampled_from(UNITS))
def test_reading_what_was_written_loses_half_of_the_third_digit_at_most(value, unit):
    assert parse_quantity(format_quantity(value, unit), unit) == pytest.approx(value, rel=0.5e-2)


@given(value=st.integers(0, 999), unit=st.sampled_from(["", "B", "MACs"]))
def test_a_small_count_survives_being_written_and_read(value, unit):
    assert parse_quantity(format_quantity(value, unit), unit) == value


@given(value=st.integers(0, 10**24))
def test_a_quantity_never_takes_more_than_eight_cells(value):
    assert len(format_quantity(value, decimals=2)) <= len("999.99 Z")


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("312TFLOP/s", "FLOP/s", 312e12),
        ("312 T", "FLOP/s", 312e12),
        ("80 GB", "B", 80e9),
        ("80 GiB", "B", 80 * 2**30),
        ("1,024", "B", 1024),
        ("3 us", "s", 3e-6),
        ("2e9", "", 2e9),
    ],
)
def test_a_quantity_may_be_written_in_several_ways(text, unit, value):
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "fast", "3 XFLOP/s", "3 TB", "1.2.3", "--5"])
def test_what_is_not_a_quantity_is_refused_with_an_example(text):
    with pytest.raises(UsageError) as raised:
        parse_quantity(text, "FLOP/s")
    assert raised.value.message == f"{text!r} is not a quantity in FLOP/s"
    assert parse_quantity(raised.value.hint.split("'")[1], "FLOP/s") == 1.5e9


def test_a_positive_share_is_never_shown_as_zero():
    assert format_fixed(0.04, 1, "%") == "<0.1%"
    assert format_fixed(0.06, 1, "%") == "0.1%"
    assert format_fixed(0, 1, "%") == "0.0%"


def test_fixed_numbers_have_thousands_separators():
    assert format_fixed(48_120.42, 1) == "48,120.4"
    assert format_mebibytes(2**30 + 2**19) == "1,024.50 MiB"
