"""Modules that differ in numbers are one pattern, and no module is lost in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.report.counters.places import MOST_PATTERNS, patterns, places


@pytest.mark.parametrize(
    ("scopes", "shown"),
    [
        (["conv1"], ["conv1"]),
        ([""], ["the model itself"]),
        (["layers.0.norm", "layers.1.norm"], ["layers.*.norm ×2"]),
        (["layers.0.norm1", "layers.1.norm1"], ["layers.*.norm1 ×2"]),
        (["layers.0.norm1", "layers.0.norm2"], ["layers.0.norm* ×2"]),
        (["a.0", "b.0", "a.1"], ["a.* ×2", "b.0"]),
        (["0", "2"], ["* ×2"]),
        (["a.0", "a.0"], ["a.0"]),
        (["a", "a1"], ["a", "a1"]),
    ],
)
def test_a_number_that_varies_becomes_a_star(scopes: list[str], shown: list[str]) -> None:
    assert patterns(scopes) == tuple(shown)


@given(st.lists(st.from_regex(r"[a-c]{0,2}[0-9]{0,2}(\.[a-c0-3]{1,2}){0,2}", fullmatch=True)))
def test_every_module_is_in_one_pattern(scopes: list[str]) -> None:
    counts = [re.search(r" ×(\d+)$", pattern) for pattern in patterns(scopes)]
    assert sum(int(count[1]) if count else 1 for count in counts) == len(set(scopes))


def test_of_many_patterns_the_first_are_shown_and_the_others_numbered() -> None:
    shown = places("abcde")
    assert len(shown) == MOST_PATTERNS
    assert shown == ("a", "b", "3 more such patterns")
