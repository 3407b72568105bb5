"""Quantities at a few whole numbers to a law that gives them at every other one, and sums of them.

What a decode step costs is linear in the tokens before it, piece by piece: a sliding window that is
full stops growing. So two points next to each other say how the quantities grow, and where the line
through them meets the one from the other end is where it may bend. A line is taken for the law
between two points if it meets a third between them, which it was not made from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

Quantities: TypeAlias = tuple[int, ...]

Measure: TypeAlias = Callable[[int], Mapping[int, Quantities]]
"""The quantities at a number, and at others that are known with it."""

MOST_POINTS = 24
"""How many points are looked at before a law is taken to be no chain of lines."""

_GOLDEN = 0.618
"""Where between two points a third is looked at: in the middle, a period could go unseen."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A line from one number to another, both included.

    Attributes:
        start, stop: the numbers.
        values: the quantities at the start.
        slopes: what they grow by from one number to the next.
        is_exact: whether a point between them lay on the line too.
    """

    start: int
    stop: int
    values: Quantities
    slopes: tuple[int | Fraction, ...]
    is_exact: bool = True

    def at(self, number: int) -> Quantities:
        """The quantities at a number."""
        steps = number - self.start
        pairs = zip(self.values, self.slopes, strict=True)
        return tuple(round(value + slope * steps) for value, slope in pairs)

    def total(self, first: int, last: int) -> Quantities:
        """Their sums from one number to another, both included."""
        terms, offsets = last - first + 1, (last - first + 1) * (first + last - 2 * self.start) // 2
        pairs = zip(self.values, self.slopes, strict=True)
        return tuple(round(value * terms + slope * offsets) for value, slope in pairs)


@dataclass(frozen=True, slots=True)
class Law:
    """Quantities as lines, each from where the one before it ends; the last goes on for ever."""

    pieces: tuple[Piece, ...]

    @property
    def is_exact(self) -> bool:
        return all(piece.is_exact for piece in self.pieces)

    @property
    def first(self) -> int:
        """The smallest number that it is known for."""
        return self.pieces[0].start

    @property
    def bends(self) -> tuple[int, ...]:
        """The numbers from which on the quantities grow otherwise."""
        return tuple(
            after.start for before, after in pairwise(self.pieces) if before.slopes != after.slopes
        )

    def at(self, number: int) -> Quantities:
        """The quantities at a number that is not below the first."""
        return self._piece(number).at(number)

    def slopes(self, number: int) -> tuple[int | Fraction, ...]:
        """What the quantities grow by from a number to the next."""
        return self._piece(number + 1).slopes

    def total(self, first: int, last: int) -> Quantities:
        """The sums of the quantities from one number to another, both included; 0 of none."""
        sums = [0] * len(self.pieces[0].values)
        while first <= last:
            piece = self._piece(first)
            stop = last if piece is self.pieces[-1] else min(last, piece.stop)
            sums = [
                total + more for total, more in zip(sums, piece.total(first, stop), strict=True)
            ]
            first = stop + 1
        return tuple(sums)

    def _piece(self, number: int) -> Piece:
        within = (piece for piece in self.pieces if number <= piece.stop)
        return next(within, self.pieces[-1])


def fit(measure: Measure, low: int, high: int) -> Law:
    """The law of quantities from one number to another.

    Where more than :data:`MOST_POINTS` would have to be looked at, the pieces that are left are
    lines between those that were, which say that they are not exact.
    """
    known = _Known(measure)
    pieces = list(_pieces(known, low, max(high, low + 1)))
    joined = pieces[:1]
    for piece in pieces[1:]:
        last = joined[-1]
        if last.slopes == piece.slopes and last.is_exact == piece.is_exact:
            joined[-1] = Piece(last.start, piece.stop, last.values, last.slopes, last.is_exact)
        else:
            joined.append(piece)
    return Law(tuple(joined))


class _Known:
    """The points that were looked at."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._points: dict[int, Quantities] = {}
        self._looked_at = 0

    def __call__(self, number: int) -> Quantities:
        if number not in self._points:
            self._looked_at += 1
            self._points.update(self._measure(number))
        return self._points[number]

    @property
    def is_exhausted(self) -> bool:
        return self._looked_at >= MOST_POINTS

    def slopes(self, number: int) -> Quantities:
        """How the quantities have grown to a number from the one before it."""
        pairs = zip(self(number), self(number - 1), strict=True)
        return tuple(after - before for after, before in pairs)


def _pieces(known: _Known, low: int, high: int) -> list[Piece]:
    slopes = known.slopes(low + 1)
    line = Piece(low, high, known(low), slopes)
    between = low + max(1, int((high - low) * _GOLDEN))
    if line.at(high) == known(high) and (between >= high or line.at(between) == known(between)):
        return [line]
    if high - low == 1 or known.is_exhausted:
        return [_chord(known, low, high)]
    middle = _meeting(known, line, high)
    return [*_pieces(known, low, middle), *_pieces(known, middle, high)]


def _meeting(known: _Known, line: Piece, high: int) -> int:
    """Where the line from below meets that from above, or else the middle."""
    slopes = known.slopes(high)
    for value, ahead, slope, growth in zip(
        line.at(high), known(high), line.slopes, slopes, strict=True
    ):
        if slope != growth:
            back = (value - ahead) / (slope - growth)
            meeting = high - round(back)
            if line.start < meeting < high:
                return meeting
    return (line.start + high) // 2


def _chord(known: _Known, low: int, high: int) -> Piece:
    ends = zip(known(low), known(high), strict=True)
    slopes = tuple(Fraction(last - first, high - low) for first, last in ends)
    return Piece(low, high, known(low), slopes, is_exact=high - low == 1)
