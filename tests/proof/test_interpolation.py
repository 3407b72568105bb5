"""Naive resizing and grid sampling executed on numbers that count.

Positions and weights of a resize depend on sizes alone: they are plain floats here, which is the
convention's term. Those of a grid sample come from data and are numbers that count.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Index, Number, Tally, dot, indices
from tests.unit.costs.operations import flops, spec

PROOF = settings(max_examples=25, deadline=None)
SIZE = st.integers(1, 5)
LINEAR = {
    1: ("linear", "upsample_linear1d"),
    2: ("bilinear", "upsample_bilinear2d"),
    3: ("trilinear", "upsample_trilinear3d"),
}


def position(at: int, before: int, after: int) -> float:
    """Where the centre of an output element lies in the input."""
    return (at + 0.5) * before / after - 0.5


def lerp(a: Number, b: Number, t: float) -> Number:
    return a + t * (b - a)


def between(read: Callable[..., Number], at: Sequence[float], sizes: Sequence[int]) -> Number:
    """Interpolate along the last axis first: two interpolations of the rest for each of one."""
    if not at:
        return read()
    *rest, last = at
    *other_sizes, size = sizes
    lower = min(max(math.floor(last), 0), size - 1)
    upper = min(lower + 1, size - 1)
    fraction = max(last, 0) - lower
    ends = [between(lambda *i, e=e: read(*i, e), rest, other_sizes) for e in (lower, upper)]
    return lerp(ends[0], ends[1], fraction)


@pytest.mark.parametrize("rank", [1, 2, 3])
@PROOF
@given(data=st.data())
def test_a_linear_resize_takes_what_its_loop_does(rank: int, data: st.DataObject) -> None:
    sizes = [data.draw(st.integers(1, 4)) for _ in range(rank)]
    places = [data.draw(st.integers(1, 4)) for _ in range(rank)]
    x, tally = random(1, 2, *sizes), Tally()
    source = numbers(x, tally)
    result: dict[Index, Number] = {}
    for c, *at in indices(2, *places):
        where = [position(*axis) for axis in zip(at, sizes, places, strict=True)]
        result[(0, c, *at)] = between(lambda *i, c=c: source[(0, c, *i)], where, sizes)
    mode, op = LINEAR[rank]
    expected = functional.interpolate(x, size=places, mode=mode, align_corners=False)
    assert same(result, expected)
    assert flops(op, spec(*expected.shape), input=spec(*x.shape)) == tally.total


def cubic(t: float) -> list[float]:
    """Weights of the four neighbours at distance 1 + t, t, 1 - t and 2 - t, with A = -0.75."""
    a = -0.75

    def inner(d: float) -> float:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def outer(d: float) -> float:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [outer(1 + t), inner(t), inner(1 - t), outer(2 - t)]


@PROOF
@given(SIZE, SIZE, SIZE, SIZE)
def test_a_bicubic_resize_takes_what_its_loop_does(h: int, w: int, new_h: int, new_w: int) -> None:
    x, tally = random(1, 1, h, w), Tally()
    source = numbers(x, tally)
    result: dict[Index, Number] = {}

    def read(y: int, column: int) -> Number:
        return source[0, 0, min(max(y, 0), h - 1), min(max(column, 0), w - 1)]

    for i, j in indices(new_h, new_w):
        y, column = position(i, h, new_h), position(j, w, new_w)
        top, left = math.floor(y), math.floor(column)
        along_x = [tally.number(weight) for weight in cubic(column - left)]
        along_y = [tally.number(weight) for weight in cubic(y - top)]
        rows = [
            dot([read(top + dy, left + dx) for dx in range(-1, 3)], along_x, tally)
            for dy in range(-1, 3)
        ]
        result[0, 0, i, j] = dot(rows, along_y, tally)
    expected = functional.interpolate(x, size=(new_h, new_w), mode="bicubic", align_corners=False)
    assert same(result, expected)
    assert flops("upsample_bicubic2d", spec(*expected.shape), input=spec(*x.shape)) == tally.total


def shrink(row: list[Number], after: int, tally: Tally) -> list[Number]:
    """A triangle filter as wide as the shrinking asks for, cut off at the ends."""
    scale = len(row) / after
    reach = max(scale, 1.0)
    result = []
    for place in range(after):
        centre = scale * (place + 0.5)
        start, end = max(int(centre - reach + 0.5), 0), min(int(centre + reach + 0.5), len(row))
        weights = [max(0.0, 1 - abs((i + 0.5 - centre) / reach)) for i in range(start, end)]
        scaled = [tally.number(weight / sum(weights)) for weight in weights]
        result.append(dot(row[start:end], scaled, tally))
    return result


@PROOF
@given(st.integers(2, 9), st.integers(2, 9), SIZE, st.integers(2, 5))  # torch errs on width 1
def test_an_antialiased_resize_takes_what_its_two_passes_do(
    h: int, w: int, new_h: int, new_w: int
) -> None:
    x, tally = random(1, 1, h, w), Tally()
    source = numbers(x, tally)
    rows = [shrink([source[0, 0, i, j] for j in range(w)], new_w, tally) for i in range(h)]
    columns = [shrink([row[j] for row in rows], new_h, tally) for j in range(new_w)]
    result: dict[Index, Number] = {(0, 0, i, j): columns[j][i] for i, j in indices(new_h, new_w)}
    expected = functional.interpolate(x, size=(new_h, new_w), mode="bilinear", antialias=True)
    assert same(result, expected)
    predicted = flops("_upsample_bilinear2d_aa", spec(*expected.shape), input=spec(*x.shape))
    assert predicted == tally.total


def unnormalise(coordinate: Number, size: int) -> Number:
    """From -1 to 1 to the centres of elements."""
    return ((coordinate + 1.0) * size - 1.0) / 2.0


def weights_of(coordinate: Number, size: int) -> tuple[int, list[Number]]:
    """The lower neighbour, and the weights of both."""
    place = unnormalise(coordinate, size)
    lower = place.apply(math.floor)
    fraction = place - lower
    return int(lower.value), [1.0 - fraction, fraction]


@pytest.mark.parametrize("rank", [2, 3])
@PROOF
@given(data=st.data())
def test_a_linear_grid_sample_takes_what_its_loop_does(rank: int, data: st.DataObject) -> None:
    sizes = [data.draw(st.integers(1, 3)) for _ in range(rank)]
    places = [data.draw(st.integers(1, 2)) for _ in range(rank)]
    x, grid, tally = random(1, 2, *sizes), random(1, *places, rank).tanh(), Tally()
    source, coordinates = numbers(x, tally), numbers(grid, tally)
    zero = tally.number(0.0)
    result: dict[Index, Number] = {}
    for at in indices(*places):
        axes = [
            weights_of(coordinates[(0, *at, rank - 1 - axis)], sizes[axis]) for axis in range(rank)
        ]
        corners = []
        for corner in itertools.product((0, 1), repeat=rank):
            index = tuple(lower + c for (lower, _), c in zip(axes, corner, strict=True))
            weight, *others = (pair[c] for (_, pair), c in zip(axes, corner, strict=True))
            for other in others:
                weight = weight * other
            corners.append((index, weight))
        for c in range(2):
            values = [source.get((0, c, *index), zero) for index, _ in corners]
            result[(0, c, *at)] = dot(values, [weight for _, weight in corners], tally)
    expected = functional.grid_sample(x, grid, align_corners=False)
    assert same(result, expected)
    predicted = flops(
        f"grid_sampler_{rank}d",
        spec(*expected.shape),
        input=spec(*x.shape),
        grid=spec(*grid.shape),
        interpolation_mode=0,
    )
    assert predicted == tally.total
