"""Columns into a width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flopscope.report.fitting import GAP, Needs, align, fit

NEEDS = {
    "name": Needs(natural=30, least=20, importance=9),
    "kind": Needs(natural=16, least=12, importance=2),
    "shape": Needs(natural=20, least=20, importance=1),
    "cost": Needs(natural=8, least=8, importance=8),
}

needs = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.builds(
        lambda least, more, importance: Needs(least + more, least, importance),
        st.integers(1, 30),
        st.integers(0, 30),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=8,
)


def test_without_a_width_every_column_is_as_wide_as_it_likes():
    assert fit(NEEDS, None) == {"name": 30, "kind": 16, "shape": 20, "cost": 8}


def test_the_least_important_column_goes_first():
    # At least 20 + 12 + 20 + 8 and three gaps of 2 are 66.
    assert set(fit(NEEDS, 66)) == {"name", "kind", "shape", "cost"}
    assert set(fit(NEEDS, 65)) == {"name", "kind", "cost"}
    assert set(fit(NEEDS, 43)) == {"name", "cost"}  # 20 + 12 + 8 + 2 * 2 would be 44


def test_what_is_left_lengthens_names_before_kinds():
    assert fit(NEEDS, 44 + 5) == {"name": 25, "kind": 12, "cost": 8}
    assert fit(NEEDS, 44 + 12) == {"name": 30, "kind": 14, "cost": 8}


def test_the_first_column_stays_in_any_width():
    assert fit(NEEDS, 5) == {"name": 20}


@given(needs=needs, width=st.integers(1, 200))
def test_columns_take_no_more_than_the_width_nor_less_than_their_least(needs, width):
    widths = fit(needs, width)
    assert all(needs[name].least <= widths[name] <= needs[name].natural for name in widths)
    if len(widths) > 1:
        assert sum(widths.values()) + GAP * (len(widths) - 1) <= width


@given(needs=needs)
def test_a_column_is_left_out_only_where_all_would_not_fit(needs):
    room = sum(need.least for need in needs.values()) + GAP * (len(needs) - 1)
    assert fit(needs, room).keys() == needs.keys()


def test_decimal_points_stand_below_each_other():
    assert align(["25.56 M", "9.41 k", "128", "≥118.01 M", "-"]) == [
        "  25.56 M",
        "   9.41 k",
        " 128     ",
        "≥118.01 M",
        "   -     ",
    ]


def test_nothing_can_be_aligned():
    assert align([]) == []
    assert align(["", ""]) == ["", ""]
