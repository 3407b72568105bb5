"""A law gives what a chain of lines gives, at every number and in sum, from a few points of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.generation.laws import MOST_POINTS, Quantities, fit


def window(size: int, number: int) -> int:
    """Tokens that a token with so many before it sees through a window."""
    return min(number + 1, size)


class Asked:
    """Quantities that count how often they are asked for."""

    def __init__(self, *windows: int, period: int = 0) -> None:
        self.windows, self.period, self.numbers = windows, period, []

    def at(self, number: int) -> Quantities:
        seen = sum(window(size, number) for size in self.windows)
        return 7 + 3 * number + 5 * seen, -(-number // self.period) if self.period else 1

    def __call__(self, number: int) -> dict[int, Quantities]:
        self.numbers.append(number)
        return {number: self.at(number)}


def test_a_line_is_found_from_its_first_two_points_its_last_and_one_between() -> None:
    asked = Asked()
    law = fit(asked, 0, 10_000)
    assert len(asked.numbers) == 4
    assert [law.at(number) for number in (0, 17, 10_000)] == [(7, 1), (58, 1), (30_007, 1)]


def test_a_window_bends_the_law_where_it_is_full() -> None:
    law = fit(Asked(128), 0, 10_000)
    assert law.bends == (127,)
    assert law.is_exact


@given(
    st.lists(st.integers(1, 300), max_size=3),
    st.integers(0, 5),
    st.integers(2, 400),
    st.data(),
)
def test_any_windows_are_found(windows: list[int], low: int, length: int, data: st.DataObject):
    asked = Asked(*windows)
    law = fit(asked, low, low + length)
    first = data.draw(st.integers(low, low + length))
    last = data.draw(st.integers(first - 1, low + length))
    expected = [asked.at(number) for number in range(first, last + 1)]
    assert law.is_exact
    assert [law.at(number) for number in range(first, last + 1)] == expected
    assert law.total(first, last) == tuple(map(sum, zip((0, 0), *expected, strict=True)))


def test_the_last_line_goes_on() -> None:
    law = fit(asked := Asked(100), 0, 200)
    assert law.at(5000) == asked.at(5000)
    assert law.total(150, 300) == tuple(
        map(sum, zip(*(asked.at(number) for number in range(150, 301)), strict=True))
    )


def test_what_is_no_chain_of_lines_says_so_and_is_not_looked_at_for_ever() -> None:
    asked = Asked(period=7)
    law = fit(asked, 0, 100_000)
    assert not law.is_exact
    assert len(asked.numbers) < 4 * MOST_POINTS


def test_points_that_come_along_are_not_asked_for_again() -> None:
    asked: list[int] = []

    def measure(number: int) -> dict[int, Quantities]:
        asked.append(number)
        return {number - 1: (2 * number - 2,), number: (2 * number,)}

    fit(measure, 0, 1)
    assert asked == [1]
