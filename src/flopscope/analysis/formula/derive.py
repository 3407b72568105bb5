"""A function of sizes to its exact laws: looked at, interpolated, and held against other points."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.analysis.formula.ends import Asked, first_accepted, range_of, reach_of
from flopscope.analysis.formula.figures import PEAK, TOTALS, Key, total_key
from flopscope.analysis.formula.interpolation import Grid
from flopscope.analysis.formula.law import Counterexample, Laws, Range
from flopscope.analysis.formula.peak import peak_of
from flopscope.analysis.formula.polynomial import Polynomial
from flopscope.analysis.formula.samples import Line, Point, Samples
from flopscope.analysis.formula.stride import SPARE, Stride, find_stride
from flopscope.errors import InputError

CHECKS = 12
"""So many points are drawn by lot inside the ranges, for the laws to be held against."""

MOST_CORNERS = 16
"""Those of four symbols."""

Refused: TypeAlias = tuple[Point, str]

SQUARE_HINT = "sizes that must be equal are one letter: --shape 1,3,R,R"


def derive(samples: Samples, asked: Sequence[Asked], checks: int = CHECKS) -> Laws:
    """The laws of all figures in the sizes of symbols, as far as there are any.

    A law is a polynomial with rational coefficients through counts at neighbouring points, one for
    each coefficient, that every other point which was counted inside its ranges is on: ever larger
    and smaller ones along each symbol, and some by lot.

    Args:
        samples: the function.
        asked: the symbols, at least one.
        checks: how many points are drawn by lot.

    Raises:
        InputError: no sizes were found that are taken.
        TooManyPointsError: it would take more points than the samples allow.
    """
    base = first_accepted(list(asked), lambda point: samples.at(point).figures is not None)
    if base is None:
        raise _nothing_accepted(samples, asked)
    lines = [Line(samples, base, each.symbol) for each in asked]
    totals = [total_key(figure) for figure in TOTALS]
    strides = [_stride_of(*pair, totals) for pair in zip(lines, asked, strict=True)]
    irregular = frozenset().union(*(stride.irregular for stride in strides))
    start = {each.symbol: stride.start for each, stride in zip(asked, strides, strict=True)}
    candidates = _through_grid(samples, start, strides)
    laws = {
        key: candidates.polynomials[key]
        for key in totals
        if key in candidates.polynomials and key not in irregular
    }
    ranges = tuple(
        range_of(Line(samples, start, each.symbol), each, stride.lattice, laws, stride.start)
        for each, stride in zip(asked, strides, strict=True)
    )
    return _checked(samples, ranges, candidates, start, irregular, checks)


def _stride_of(line: Line, asked: Asked, keys: Sequence[Key]) -> Stride:
    if asked.sizes is not None and len(asked.sizes) == 1:  # it is not open, then
        return Stride(asked.sizes, asked.sizes.low, 0)
    return find_stride(line, reach_of(line, asked), keys)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """The polynomials through the points of a grid.

    Attributes:
        polynomials: by figure.
        alike: the figures that share each.
        degrees: in each symbol that is open.
    """

    polynomials: Mapping[Key, Polynomial]
    alike: Sequence[Sequence[Key]]
    degrees: Mapping[str, int]


def _through_grid(
    samples: Samples, start: Mapping[str, int], strides: Sequence[Stride]
) -> _Candidates:
    grid = Grid(
        {
            symbol: [first + place * stride.lattice.step for place in range(stride.degree + 1)]
            for (symbol, first), stride in zip(start.items(), strides, strict=True)
        }
    )
    tables = []
    for place in grid.points:
        point = dict(zip(grid.symbols, place, strict=True))
        sample = samples.at(point)
        if sample.figures is None:
            raise InputError(
                f"the model takes sizes one by one, but not {_in_words(point)}", hint=SQUARE_HINT
            ) from sample.refusal
        tables.append(sample.figures)
    keys = dict.fromkeys(key for table in tables for key in table)
    groups: dict[tuple[int, ...], list[Key]] = {}
    for key in keys:
        groups.setdefault(tuple(table.get(key, 0) for table in tables), []).append(key)
    found: dict[Key, Polynomial] = {}
    for values, alike in groups.items():
        found |= dict.fromkeys(alike, grid.polynomial(values))
    degrees = {
        symbol: stride.degree
        for symbol, stride in zip(start, strides, strict=True)
        if len(stride.lattice) > 1
    }
    return _Candidates(found, tuple(groups.values()), degrees)


def _checked(
    samples: Samples,
    ranges: tuple[Range, ...],
    candidates: _Candidates,
    start: Mapping[str, int],
    irregular: frozenset[Key],
    checks: int,
) -> Laws:
    refused = _held_against(samples, ranges, checks)
    lattices = {each.symbol: each.lattice for each in ranges}
    points = [
        (sizes, figures)
        for sizes, figures in samples.accepted()
        if all(size in lattices[symbol] for symbol, size in sizes.items())
    ]
    if any(
        len(lattices[symbol]) <= degree + SPARE for symbol, degree in candidates.degrees.items()
    ):
        irregular = frozenset(candidates.polynomials)  # it holds of hardly more than it was made of
    counterexamples: dict[Key, Counterexample] = {}
    for alike in candidates.alike:
        law = candidates.polynomials[alike[0]]
        for sizes, figures in points:
            expected = law.at(sizes)
            for key in alike:
                if figures.get(key, 0) != expected and key not in counterexamples:
                    counterexamples[key] = Counterexample(sizes, int(expected), figures.get(key, 0))
    laws = {
        key: law
        for key, law in candidates.polynomials.items()
        if key not in counterexamples and key not in irregular
    }
    return Laws(
        ranges=ranges,
        polynomials={key: law for key, law in laws.items() if key.figure != PEAK.figure},
        peak=peak_of(laws, points),
        counterexamples={
            key: where for key, where in counterexamples.items() if key.figure != PEAK.figure
        },
        irregular=irregular,
        refused=refused,
        points=len(points),
        base=start,
    )


def _held_against(samples: Samples, ranges: Sequence[Range], checks: int) -> Refused | None:
    """Count at the corners of the ranges and at points by lot. One that is refused is returned."""
    draw = random.Random(0)
    ends = [(each.low.size, each.high.size) for each in ranges]
    corners = itertools.islice(itertools.product(*ends), MOST_CORNERS)
    drawn = (tuple(each.lattice.drawn(draw) for each in ranges) for _ in range(checks))
    refused: Refused | None = None
    for sizes in itertools.chain(corners, drawn):
        point = {each.symbol: size for each, size in zip(ranges, sizes, strict=True)}
        refusal = samples.at(point).refusal
        if refusal is not None and refused is None:
            refused = point, refusal.message
    return refused


def _nothing_accepted(samples: Samples, asked: Sequence[Asked]) -> InputError:
    named = " and ".join(each.symbol for each in asked)
    refusal = samples.first_refusal()
    return InputError(
        f"found no sizes {named} that the model takes: {refusal.message if refusal else ''}",
        hint=f"say which ones it does: --vary {asked[-1].symbol}=64..512:64",
    )


def _in_words(point: Point) -> str:
    return ", ".join(f"{symbol} = {size:,}" for symbol, size in point.items())
