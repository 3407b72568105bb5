"""The largest size within budgets is counted, and so is the next, which is too dear."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.analysis.formula.budget import MEMORY, Answer, Budget, largest_within
from flopscope.analysis.formula.derive import derive
from flopscope.analysis.formula.ends import Asked
from flopscope.analysis.formula.figures import PEAK, TOTALS, Figures, total_key
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.samples import Line, Point, Samples
from flopscope.errors import TraceError


def answer(
    cost: Callable[[int], int], lattice: Lattice, *budgets: Budget, by_law: bool = True
) -> Answer:
    def count(sizes: Point) -> Figures:
        figures = dict.fromkeys(map(total_key, TOTALS), cost(sizes["R"]))
        return {**figures, PEAK: 3 * sizes["R"], total_key("held_nbytes"): 1000}

    samples = Samples(count)
    laws = derive(samples, [Asked("R", lattice)]) if by_law else None
    return largest_within(Line(samples, {}, "R"), lattice, laws, budgets)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10**6), st.booleans())
def test_the_answer_is_the_last_size_within_the_budget(most: int, by_law: bool) -> None:  # noqa: FBT001 - drawn
    found = answer(
        lambda size: 7 * size * size, Lattice(1, 400), Budget("flops", most), by_law=by_law
    )
    within = [size for size in range(1, 401) if 7 * size * size <= most]
    assert (found.largest.size if found.largest else None) == (within[-1] if within else None)


def test_all_budgets_are_kept_at_once() -> None:
    budgets = Budget("flops", 10_000), Budget("macs", 2_500)
    found = answer(lambda size: size * size, Lattice(10, 500, 10), *budgets)
    assert found.largest is not None
    assert (found.largest.size, found.largest.figures["macs"]) == (50, 2_500)
    assert found.next_larger is not None
    assert found.next_larger.size == 60
    assert found.by_law


def test_memory_is_what_is_held_and_the_peak() -> None:
    found = answer(lambda size: size, Lattice(1, 400), Budget(MEMORY, 1000 + 3 * 77 + 1))
    assert found.largest is not None
    assert (found.largest.size, found.largest.figures[MEMORY]) == (77, 1000 + 3 * 77)


def test_a_size_that_is_refused_is_no_answer_and_is_explained() -> None:
    def cost(size: int) -> int:
        if size > 100:
            raise TraceError("no position 101")
        return size

    found = answer(cost, Lattice(1, 400), Budget("flops", 10**9))
    assert found.largest is not None
    assert (found.largest.size, found.refusal) == (100, "no position 101")


def test_without_a_law_sizes_are_tried() -> None:
    def cost(size: int) -> int:
        return size * size.bit_length()

    found = answer(cost, Lattice(1, 4000), Budget("flops", 1000 * 10))
    assert found.largest is not None
    assert found.largest.size == 1000
    assert not found.by_law


@pytest.mark.parametrize("by_law", [True, False])
def test_where_even_the_least_is_too_dear_that_is_said_with_its_cost(by_law: bool) -> None:  # noqa: FBT001 - a case
    found = answer(lambda size: size, Lattice(10, 40), Budget("flops", 3), by_law=by_law)
    assert found.largest is None
    assert found.next_larger is not None
    assert (found.next_larger.size, found.next_larger.figures["flops"]) == (10, 10)
