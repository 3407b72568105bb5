"""Naive pooling executed on numbers that count."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Index, Number, Tally, indices, largest_of, total_of
from tests.unit.costs.operations import flops, spec

PROOF = settings(max_examples=25, deadline=None)
RANK = st.integers(1, 3)


def windows(
    shape: torch.Size, kernel: int, stride: int, padding: int
) -> Iterator[tuple[Index, list[Index]]]:
    """Every output with the places under its window, the padding's among them."""
    images, sizes = shape[:2], shape[2:]
    places = [(size + 2 * padding - kernel) // stride + 1 for size in sizes]
    for out in indices(*images, *places):
        starts = [place * stride - padding for place in out[2:]]
        taps = indices(*[kernel] * len(sizes))
        yield (
            out,
            [
                (*out[:2], *(start + t for start, t in zip(starts, tap, strict=True)))
                for tap in taps
            ],
        )


@PROOF
@given(RANK, st.integers(2, 3), st.integers(1, 3), st.integers(0, 1))
def test_an_average_pool_takes_what_its_loop_does(
    rank: int, kernel: int, stride: int, padding: int
) -> None:
    x, tally = random(1, 2, *[4] * rank), Tally()
    source, zero = numbers(x, tally), tally.number(0.0)
    result = {}
    for out, under in windows(x.shape, kernel, stride, padding):
        total = total_of([source.get(index, zero) for index in under], tally)
        result[out] = total / kernel**rank
    expected = getattr(functional, f"avg_pool{rank}d")(x, kernel, stride, padding)
    assert same(result, expected)
    predicted = flops(
        f"avg_pool{rank}d", spec(*expected.shape), self=spec(*x.shape), kernel_size=(kernel,)
    )
    assert predicted == tally.total


@PROOF
@given(RANK, st.integers(2, 3), st.integers(1, 3), st.integers(0, 1))
def test_a_max_pool_takes_what_its_loop_does(
    rank: int, kernel: int, stride: int, padding: int
) -> None:
    x, tally = random(1, 2, *[4] * rank), Tally()
    source, lowest = numbers(x, tally), tally.number(float("-inf"))
    result = {
        out: largest_of([source.get(index, lowest) for index in under], tally)
        for out, under in windows(x.shape, kernel, stride, padding)
    }
    expected = getattr(functional, f"max_pool{rank}d")(x, kernel, stride, padding)
    assert same(result, expected)
    kernels = (kernel,) * rank
    predicted = flops(
        f"max_pool{rank}d", spec(*expected.shape), self=spec(*x.shape), kernel_size=kernels
    )
    assert predicted == tally.total


def adaptive_windows(sizes: Index, places: Index) -> Iterator[tuple[Index, list[Index]]]:
    """torch's documentation: from floor(i * in / out) to ceil((i + 1) * in / out)."""
    for at in indices(*places):
        axes = zip(at, sizes, places, strict=True)
        starts_and_ends = [(i * a // b, -(-(i + 1) * a // b)) for i, a, b in axes]
        taps = indices(*(end - start for start, end in starts_and_ends))
        yield (
            at,
            [
                tuple(start + t for (start, _), t in zip(starts_and_ends, tap, strict=True))
                for tap in taps
            ],
        )


@PROOF
@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 7), st.integers(1, 7))
def test_an_adaptive_pool_takes_what_its_loop_does(
    height: int, width: int, new_height: int, new_width: int
) -> None:
    x = random(1, 2, height, width)
    sums, comparisons = Tally(), Tally()
    added, compared = numbers(x, sums), numbers(x, comparisons)
    means: dict[Index, Number] = {}
    largest: dict[Index, Number] = {}
    for c in range(2):
        for at, under in adaptive_windows((height, width), (new_height, new_width)):
            total = total_of([added[0, c, y, z] for y, z in under], sums)
            means[(0, c, *at)] = total / len(under)
            largest[(0, c, *at)] = largest_of([compared[0, c, y, z] for y, z in under], comparisons)
    size, out = (new_height, new_width), spec(1, 2, new_height, new_width)
    assert same(means, functional.adaptive_avg_pool2d(x, size))
    assert same(largest, functional.adaptive_max_pool2d(x, size))
    given_shape = spec(*x.shape)
    assert flops("adaptive_avg_pool2d", out, self=given_shape) == sums.total
    assert flops("adaptive_max_pool2d", out, self=given_shape) == comparisons.total
