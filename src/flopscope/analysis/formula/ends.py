"""How far laws hold along a symbol: to what size, and what ends them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flopscope.analysis.formula.figures import Key
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.law import End, Range
from flopscope.analysis.formula.polynomial import Polynomial
from flopscope.analysis.formula.samples import Line, Sample


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about one symbol.

    Attributes:
        symbol: its name.
        sizes: those that are asked about, or None for as many as the model takes.
        usual: the size to begin with, where none are asked about.
        most: the largest size that is tried, where none are asked about.
    """

    symbol: str
    sizes: Lattice | None = None
    usual: int = 64
    most: int = 4096

    @property
    def lattice(self) -> Lattice:
        return self.sizes or Lattice(1, self.most)


def reach_of(line: Line, asked: Asked) -> Lattice:
    """The sizes between those that are taken, as far as doubling and halving tells."""
    lattice, base = asked.lattice, line.base[line.symbol]
    high = _last(line, lattice.doublings(base), base, asked)
    low = _last(line, lattice.halvings(base), base, asked)
    return lattice.within(low, high)


def _last(line: Line, sizes: Iterator[int], good: int, asked: Asked) -> int:
    for size in sizes:
        if _is_too_slow(line, asked, good, size):
            return good
        if line.at(size).figures is None:
            return good
        good = size
    return good


def _is_too_slow(line: Line, asked: Asked, good: int, size: int) -> bool:
    """Whether nobody asked for a size that is larger than one which took long."""
    return asked.sizes is None and size > good and line.at(good).is_slow


def range_of(
    line: Line, asked: Asked, lattice: Lattice, laws: Mapping[Key, Polynomial], start: int
) -> Range:
    """How far laws hold on a lattice, either way from a size where they do.

    Between sizes that were tried, a law is taken to hold or not as at both of them.
    """
    whole = asked.lattice.coarser(lattice.step // asked.lattice.step) or lattice
    return Range(
        line.symbol,
        low=_end(line, whole.halvings(start), start, asked, lattice.step, laws),
        high=_end(line, whole.doublings(start), start, asked, lattice.step, laws),
        step=lattice.step,
    )


def _end(
    line: Line,
    sizes: Iterator[int],
    good: int,
    asked: Asked,
    step: int,
    laws: Mapping[Key, Polynomial],
) -> End:
    for size in sizes:
        if _is_too_slow(line, asked, good, size):
            return End(good, "slow", size)
        sample = line.at(size)
        if holds(laws, {**line.base, line.symbol: size}, sample):
            good = size
            continue
        last = line.limit(
            good,
            size,
            step,
            lambda between: holds(laws, {**line.base, line.symbol: between}, line.at(between)),
        )
        return _failing(line, laws, last, last + (step if size > last else -step))
    return End(good, "asked" if asked.sizes else "tried")


def _failing(line: Line, laws: Mapping[Key, Polynomial], last: int, beyond: int) -> End:
    """The end before a size at which laws do not hold."""
    sample = line.at(beyond)
    if sample.refusal is not None:
        return End(last, "refused", beyond, sample.refusal.message)
    sizes, figures = {**line.base, line.symbol: beyond}, sample.figures or {}
    others = [key.figure for key, law in laws.items() if law.at(sizes) != figures.get(key, 0)]
    return End(last, "law", beyond, figures=tuple(others))


def holds(laws: Mapping[Key, Polynomial], sizes: Mapping[str, int], sample: Sample) -> bool:
    """Whether a point is taken, and has the figures that laws give it."""
    figures = sample.figures
    return figures is not None and all(
        law.at(sizes) == figures.get(key, 0) for key, law in laws.items()
    )


def first_accepted(
    asked: list[Asked], is_accepted: Callable[[Mapping[str, int]], bool]
) -> dict[str, int] | None:
    """Sizes to begin with: what is usual, or else other sizes that are, or None.

    A size that is asked about is one in the lower third of those, or else in other parts of them.
    """
    for place, scale in enumerate(_SCALES):
        part = _PARTS[min(place, len(_PARTS) - 1)]
        point = {each.symbol: _first_size(each, scale, part) for each in asked}
        if is_accepted(point):
            return point
    return None


def _first_size(asked: Asked, scale: int | None, part: float) -> int:
    if asked.sizes is not None:
        return asked.sizes[int(part * (len(asked.sizes) - 1))]
    return asked.usual if scale is None or asked.usual < _ANY_SIZE else scale


_ANY_SIZE = 32
"""A usual size below this is of a symbol that models mostly take any number of."""

_SCALES = (None, 224, 64, 128, 256, 384, 512, 32, 16, 1024, 4096, 16384, 8, 4, 2, 1)
_PARTS = (0.33, 0.1, 0.02, 0, 0.66, 1)
