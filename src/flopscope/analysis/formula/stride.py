"""Along one symbol: on multiples of what figures are polynomials, and of which degree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flopscope.analysis.formula.figures import Key
from flopscope.analysis.formula.interpolation import Grid, degree_of
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.samples import Line
from flopscope.errors import InputError

MULTIPLES = (
    *(1, 2, 4, 8, 16, 32, 64),
    *(3, 6, 12, 24, 48, 96),
    *(7, 14, 28, 56, 112, 224),
    *(5, 10, 20, 40, 80, 160),
    *(9, 18, 36, 11, 13, 15, 30, 60, 21, 42, 128, 192, 256),
)
"""What sizes are tried to be multiples of: strides and patches double, windows have 7 or 12."""

HIGHEST_DEGREE = 4
"""Attention between all pixels of a square image."""

SPARE = 2
"""So many neighbouring values must be foretold by the others before a degree is believed."""

NEIGHBOURS = 16
"""And all of so many before a law is: of what comes back every few sizes, they show each phase."""

WORK = ("macs", "flops")
"""The figures that say whether a law far and wide was found at all."""


@dataclass(frozen=True, slots=True)
class Stride:
    """What was found along a symbol.

    Attributes:
        lattice: the sizes on which figures are polynomials.
        start: the first of neighbouring ones that they were found on.
        degree: the highest of theirs.
        irregular: the figures that are no polynomials there.
    """

    lattice: Lattice
    start: int
    degree: int
    irregular: frozenset[Key] = frozenset()


def find_stride(line: Line, reach: Lattice, keys: Sequence[Key]) -> Stride:
    """The weakest condition on sizes that makes polynomials of all figures of which any does.

    Where no work is a polynomial far and wide, it is one that holds near the base.

    Args:
        line: to look along.
        reach: the sizes that are asked about and accepted, as far as their ends tell.
        keys: the figures.

    Raises:
        InputError: the model takes one size alone.
    """
    search = _Search(line, reach)
    found: dict[Key, Fit] = {}
    for multiple in MULTIPLES:
        left = [key for key in keys if key not in found]
        if not left or (_is_work(found) and all(key in search.local for key in left)):
            break
        found |= search.fits(multiple, left)
    missing = [key for key in keys if key not in found and key not in search.local]
    search.look_below(missing)
    if len(reach) <= SPARE and line.at(reach.low).figures is not None and len(reach) > 1:
        raise InputError(
            f"{len(reach)} sizes of {line.symbol} are too few to tell a law from",
            hint="flopscope sweep gives the figures themselves",
        )
    if not search.has_neighbours:
        size = line.base[line.symbol]
        raise InputError(
            f"the model takes {line.symbol} = {size}, but no sizes next to it",
            hint=f"write {size} in the place of {line.symbol}",
        )
    if not _is_work(found):
        found = {**search.local, **found}
    whole = math.lcm(1, *(fit.multiple for fit in found.values()))
    lattice = reach.coarser(whole)
    if lattice is None or not found:
        return Stride(reach, line.base[line.symbol], 0, frozenset(keys))
    return Stride(
        lattice,
        max(lattice.floor(min(fit.start for fit in found.values())), lattice.low),
        max(fit.degree for fit in found.values()),
        frozenset(key for key in keys if key not in found),
    )


@dataclass(frozen=True, slots=True)
class Fit:
    """A figure's degree on multiples of a number, and the first size it was seen on."""

    multiple: int
    degree: int
    start: int


def _is_work(found: Mapping[Key, Fit]) -> bool:
    """Whether work that grows is among the figures whose law is found."""
    return any(fit.degree for key, fit in found.items() if key.figure in WORK)


class _Search:
    """Tries multiples.

    Attributes:
        local: the figures that are polynomials near the base, but not far from it.
        has_neighbours: whether any two neighbouring sizes were accepted.
    """

    def __init__(self, line: Line, reach: Lattice) -> None:
        self.line = line
        self.reach = reach
        self.local: dict[Key, Fit] = {}
        self.has_neighbours = False

    def fits(self, multiple: int, keys: Sequence[Key]) -> dict[Key, Fit]:
        """The figures that are polynomials on these multiples, as far as they were looked at."""
        lattice = self.reach.coarser(multiple)
        window = _window(self.line, lattice) if lattice else None
        if lattice is None or window is None:
            return {}
        self.has_neighbours = True
        found = {}
        for key in keys:
            degree = self.degree(window, key)
            if degree is None:
                continue
            if self._foretells(lattice, window, degree, key):
                found[key] = Fit(multiple, degree, window[0])
            elif self._lies_on(window, degree, key):
                self.local.setdefault(key, Fit(multiple, degree, window[0]))
        return found

    def look_below(self, keys: Sequence[Key]) -> None:
        """Find the figures that are polynomials just below the base: it may be near an end."""
        base = self.line.base[self.line.symbol]
        below = self.reach.within(self.reach.low, base)
        size = min(HIGHEST_DEGREE + 1 + SPARE, len(below))
        window = [below[len(below) - size + place] for place in range(size)]
        for key in keys:
            degree = self.degree(window, key)
            if degree is not None and self._lies_on(window, degree, key):
                self.local[key] = Fit(1, degree, window[0])

    def degree(self, window: Sequence[int], key: Key) -> int | None:
        """Of a figure on neighbouring sizes, no more of which are counted than it takes."""
        for size in range(1 + SPARE, len(window) + 1):
            values = self.line.values(window[:size], key)
            if values is None:
                return None
            degree = degree_of(values, SPARE)
            if degree is not None:
                return degree
        return None

    def _lies_on(self, window: Sequence[int], degree: int, key: Key) -> bool:
        """Whether a figure is of a degree on all neighbouring sizes, far more than it takes."""
        values = self.line.values(window, key)
        return values is not None and degree_of(values, len(window) - 1 - degree) is not None

    def _neighbours(self, lattice: Lattice, start: int) -> Iterator[int]:
        sizes = (start + place * lattice.step for place in range(NEIGHBOURS))
        return itertools.takewhile(lambda size: size in lattice, sizes)

    def _foretells(self, lattice: Lattice, window: Sequence[int], degree: int, key: Key) -> bool:
        """Whether the polynomial through the first sizes of a window holds of more, and far larger.

        A figure that is a polynomial near the base under a weaker condition, and there alone, has
        other laws from some size on. Then this one must hold of a smaller size, too, or the
        condition would do no more than leave out all those that the first law holds for.
        """
        nodes = window[: degree + 1]
        values = self.line.values(nodes, key)
        if values is None:
            return False
        law = Grid({self.line.symbol: nodes}).polynomial(values)
        others = [*lattice.doublings(window[0]), *self._neighbours(lattice, window[0])]
        if key in self.local:
            smaller = window[0] - lattice.step
            if smaller not in lattice or self.line.at(smaller).figures is None:
                return False
            others.insert(0, smaller)
        for size in others:
            figures = self.line.at(size).figures
            if figures is not None and law.at({self.line.symbol: size}) != figures.get(key, 0):
                return False
        return True


def _window(line: Line, lattice: Lattice) -> list[int] | None:
    """Neighbouring sizes from the base on that are accepted, enough for the highest degree or all.

    None where there are too few to tell, or where the first is farther up than the base.
    """
    size = min(HIGHEST_DEGREE + 1 + SPARE, len(lattice))
    if size < 1 + SPARE or lattice.low > line.base[line.symbol]:
        return None
    start = min(lattice.floor(line.base[line.symbol]), lattice[len(lattice) - size])
    window = [start + place * lattice.step for place in range(size)]
    accepted = line.at(window[0]).figures is not None and line.at(window[1]).figures is not None
    return window if accepted else None
