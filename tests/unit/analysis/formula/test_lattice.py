from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.formula.lattice import Lattice

LATTICES = st.builds(
    lambda low, more, step: Lattice(low, low + more, step),
    st.integers(1, 500),
    st.integers(0, 5000),
    st.integers(1, 300),
)


@given(LATTICES, st.floats(0, 10_000))
def test_the_nearest_size_is_one_of_the_sizes(lattice: Lattice, size: float) -> None:
    assert lattice.nearest(size) in lattice
    others = (lattice[place] for place in range(len(lattice)))
    assert abs(lattice.nearest(size) - size) == min(abs(other - size) for other in others)


@given(LATTICES, st.integers(1, 12))
def test_a_coarser_lattice_has_some_of_the_sizes(lattice: Lattice, times: int) -> None:
    coarser = lattice.coarser(times)
    assert coarser is None or all(coarser[place] in lattice for place in range(len(coarser)))


@given(LATTICES, st.integers(0, 2**32))
def test_doublings_and_halvings_end_at_the_ends(lattice: Lattice, seed: int) -> None:
    start = lattice.drawn(random.Random(seed))
    up, down = list(lattice.doublings(start)), list(lattice.halvings(start))
    assert up == sorted(set(up))
    assert down == sorted(set(down), reverse=True)
    assert [start, *up][-1] == lattice[len(lattice) - 1]
    assert [start, *down][-1] == lattice.low


def test_multiples_are_preferred_where_there_are_any() -> None:
    assert Lattice(1, 100).coarser(32) == Lattice(32, 100, 32)
    assert Lattice(1, 511, 2).coarser(2) == Lattice(1, 511, 4)
    assert Lattice(1, 20).coarser(32) == Lattice(1, 20, 32)
