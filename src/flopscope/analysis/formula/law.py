"""What a derivation finds: polynomials by figure, and the sizes that they hold for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flopscope.analysis.formula.figures import Key
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.polynomial import Polynomial

Because: TypeAlias = Literal["asked", "tried", "refused", "law", "slow"]
"""Why a range ends: nobody asked further, nothing was tried further, the model takes no more, other
laws hold there, or counting takes long there."""


@dataclass(frozen=True, slots=True)
class End:
    """Where a range ends, and why.

    Attributes:
        size: the last one inside.
        because: of what.
        beyond: the first size outside that was looked at.
        message: what the model says there.
        figures: the totals that have other laws there.
    """

    size: int
    because: Because
    beyond: int | None = None
    message: str = ""
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """The sizes of one symbol that laws were found to hold for.

    Attributes:
        symbol: its name.
        low, high: the ends.
        step: sizes are so many apart from ``low.size`` on.
    """

    symbol: str
    low: End
    high: End
    step: int = 1

    @property
    def lattice(self) -> Lattice:
        return Lattice(self.low.size, self.high.size, self.step)


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which a law that held elsewhere does not."""

    sizes: Mapping[str, int]
    expected: int
    counted: int


@dataclass(frozen=True, slots=True)
class Laws:
    """Exact laws of what was counted at points, and no more than those points tell.

    Attributes:
        ranges: by symbol, in the order of the symbols.
        polynomials: of each figure that has one.
        peak: polynomials whose largest is the peak of memory; none where that was not found.
        counterexamples: of figures that have none, where some is known.
        irregular: the totals that are no polynomial near where they were looked at.
        refused: a point inside the ranges that the model refuses, and what it says there.
        points: how many there were at which laws were held against counts.
        base: a point among them.
    """

    ranges: tuple[Range, ...]
    polynomials: Mapping[Key, Polynomial]
    peak: tuple[Polynomial, ...] = ()
    counterexamples: Mapping[Key, Counterexample] = field(default_factory=dict)
    irregular: frozenset[Key] = frozenset()
    refused: tuple[Mapping[str, int], str] | None = None
    points: int = 0
    base: Mapping[str, int] = field(default_factory=dict)

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(each.symbol for each in self.ranges)

    def __contains__(self, sizes: object) -> bool:
        """Whether a point is inside the ranges."""
        return isinstance(sizes, Mapping) and all(
            sizes[each.symbol] in each.lattice for each in self.ranges
        )
