"""Naive convolutions executed on numbers that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Array, Index, Number, Tally, indices
from tests.unit.costs.operations import cost, spec


@dataclass(frozen=True)
class Case:
    """A convolution whose filter moves the same way along every axis."""

    input: tuple[int, ...]
    weight: tuple[int, ...]
    has_bias: bool
    stride: int
    padding: int
    dilation: int
    groups: int

    def moves(self) -> dict[str, int]:
        """The arguments that torch has for how the filter moves."""
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    def under(self, place: Sequence[int], tap: Sequence[int]) -> Index:
        """Where an element of the filter lies when it is at a place."""
        moved = zip(place, tap, strict=True)
        return tuple(p * self.stride - self.padding + t * self.dilation for p, t in moved)


@st.composite
def cases(draw: st.DrawFn, *, transposed: bool) -> Case:
    rank, groups = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    inward, outward = (groups * draw(st.integers(1, 2)) for _ in range(2))
    kernel = [draw(st.integers(1, 3 if rank < 3 else 2)) for _ in range(rank)]
    dilation = draw(st.integers(1, 2))
    sizes = [dilation * (size - 1) + draw(st.integers(3, 4)) for size in kernel]
    channels = (inward, outward // groups) if transposed else (outward, inward // groups)
    return Case(
        input=(draw(st.integers(1, 2)), inward, *sizes),
        weight=(*channels, *kernel),
        has_bias=draw(st.booleans()),
        stride=draw(st.integers(1, 3)),
        padding=draw(st.integers(0, 1)),
        dilation=dilation,
        groups=groups,
    )


def convolve(x: Array, w: Array, case: Case, shape: Index, tally: Tally) -> dict[Index, Number]:
    """Every output is the dot product of a filter and what lies under it, zeros included."""
    outward, per_group, *kernel = case.weight
    zero = tally.number(0.0)
    result = {}
    for n, o, *place in indices(*shape):
        first = o // (outward // case.groups) * per_group
        total = zero
        for c, *tap in indices(per_group, *kernel):
            covered = x.get((n, first + c, *case.under(place, tap)), zero)
            total = total + covered * w[(o, c, *tap)]
        result[(n, o, *place)] = total
    return result


def spread(x: Array, w: Array, case: Case, shape: Index, tally: Tally) -> dict[Index, Number]:
    """Every input element times a filter is added to the output, and to a border cropped after."""
    inward, per_group, *kernel = case.weight
    zero = tally.number(0.0)
    result = dict.fromkeys(indices(*shape), zero)
    for n, c, *place in indices(*case.input):
        first = c // (inward // case.groups) * per_group
        for o, *tap in indices(per_group, *kernel):
            target = (n, first + o, *case.under(place, tap))
            result[target] = result.get(target, zero) + x[(n, c, *place)] * w[(c, o, *tap)]
    return {index: result[index] for index in indices(*shape)}


def differentiate(
    dy: Array, x: Array, w: Array, case: Case, shape: Index, tally: Tally
) -> tuple[dict[Index, Number], dict[Index, Number]]:
    """By the product rule, every forward product adds one product to either gradient."""
    outward, per_group, *kernel = case.weight
    zero = tally.number(0.0)
    dx = dict.fromkeys(indices(*case.input), zero)
    dw = dict.fromkeys(indices(*case.weight), zero)
    for n, o, *place in indices(*shape):
        first = o // (outward // case.groups) * per_group
        for c, *tap in indices(per_group, *kernel):
            covered, element = (n, first + c, *case.under(place, tap)), (o, c, *tap)
            grad = dy[(n, o, *place)]
            dx[covered] = dx.get(covered, zero) + grad * w[element]
            dw[element] = dw[element] + grad * x.get(covered, zero)
    return {index: dx[index] for index in indices(*case.input)}, dw


def add_bias(result: Array, bias: Array) -> dict[Index, Number]:
    return {index: value + bias[(index[1],)] for index, value in result.items()}


def check(case: Case, op: str, outward: int, loop: Callable[..., dict[Index, Number]]) -> None:
    """Run the loop and torch, and compare what they return and what they took."""
    x, w, b = random(*case.input), random(*case.weight), random(outward)
    expected = getattr(torch.nn.functional, op)(x, w, b if case.has_bias else None, **case.moves())
    shape = tuple(expected.shape)
    tally = Tally()
    result = loop(numbers(x, tally), numbers(w, tally), case, shape, tally)
    predicted = cost(
        op,
        spec(*shape),
        input=spec(*case.input),
        weight=spec(*case.weight),
        bias=spec(outward) if case.has_bias else None,
    )
    assert predicted.macs == tally.products == tally.sums
    if case.has_bias:
        result = add_bias(result, numbers(b, tally))
    assert same(result, expected)
    assert predicted.flops == tally.total


@settings(max_examples=25, deadline=None)
@given(cases(transposed=False))
def test_a_convolution_takes_what_its_loop_does(case: Case) -> None:
    rank = len(case.input) - 2
    check(case, f"conv{rank}d", case.weight[0], convolve)


@settings(max_examples=25, deadline=None)
@given(cases(transposed=True))
def test_a_transposed_convolution_takes_what_its_loop_does(case: Case) -> None:
    rank = len(case.input) - 2
    check(case, f"conv_transpose{rank}d", case.weight[1] * case.groups, spread)


@settings(max_examples=20, deadline=None)
@given(cases(transposed=False))
def test_the_gradients_of_a_convolution_take_what_their_loop_does(case: Case) -> None:
    x, w = random(*case.input).requires_grad_(), random(*case.weight).requires_grad_()
    y = getattr(torch.nn.functional, f"conv{len(case.input) - 2}d")(x, w, None, **case.moves())
    dy, shape = random(*y.shape), tuple(y.shape)
    y.backward(dy)
    tally = Tally()
    grad, at, by = (numbers(each.detach(), tally) for each in (dy, x, w))
    dx, dw = differentiate(grad, at, by, case, shape, tally)
    assert x.grad is not None
    assert w.grad is not None
    assert same(dx, x.grad)
    assert same(dw, w.grad)
    predicted = cost(
        "convolution_backward",
        (spec(*case.input), spec(*case.weight)),
        grad_output=spec(*shape),
        input=spec(*case.input),
        weight=spec(*case.weight),
        transposed=False,
        output_mask=(True, True, False),
    )
    assert predicted.macs == tally.products == tally.sums
    assert predicted.flops == tally.total
