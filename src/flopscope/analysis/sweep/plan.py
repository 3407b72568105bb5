"""Which sizes of a sweep one law can cover, and which are gone through one by one."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flopscope.analysis.formula.stride import SPARE

MANY_POINTS = 24
"""Fewer are counted one by one: to find a law takes as many."""

FEW_SIZES = 1 + SPARE
"""No law can be told from so many sizes of a symbol, or fewer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The sizes of a sweep taken apart.

    Attributes:
        outer: gone through one by one.
        inner: which a law may cover, in the order of the symbols.
    """

    outer: Mapping[str, Sequence[int]]
    inner: Mapping[str, Sequence[int]]

    @property
    def inner_points(self) -> int:
        return math.prod(map(len, self.inner.values()))


def parts_of(sizes: Mapping[str, Sequence[int]], rebuilding: Collection[str]) -> Parts:
    """The parts of a sweep.

    Args:
        sizes: by symbol.
        rebuilding: the symbols that another model is built for at each size.
    """
    outer = {
        name: some for name, some in sizes.items() if name in rebuilding or len(some) <= FEW_SIZES
    }
    return Parts(outer, {name: some for name, some in sizes.items() if name not in outer})
