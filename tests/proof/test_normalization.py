"""Naive normalisations and softmaxes executed on numbers that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from flopscope.records import Argument
from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Array, Index, Number, Tally, indices, total_of
from tests.proof.test_attention import softmax
from tests.unit.costs.operations import flops, spec

EPS = 1e-5
SIZE = st.integers(1, 3)
PROOF = settings(max_examples=20, deadline=None)


def statistics(group: Sequence[Number], tally: Tally) -> tuple[Number, list[Number], Number]:
    """The mean, the differences from it, and their mean square."""
    mean = total_of(group, tally) / len(group)
    centred = [value - mean for value in group]
    return mean, centred, total_of([value * value for value in centred], tally) / len(group)


def standardise(group: Sequence[Number], tally: Tally) -> list[Number]:
    """Centre by the mean, divide by the deviation."""
    _, centred, variance = statistics(group, tally)
    inverse = (variance + EPS).rsqrt()
    return [value * inverse for value in centred]


def by_group(
    source: Array,
    key: Callable[[Index], object],
    each: Callable[[list[Number], Tally], list[Number]],
    tally: Tally,
) -> dict[Index, Number]:
    """Apply a function to the elements that share a key."""
    ordered = sorted(source, key=lambda index: str(key(index)))
    result: dict[Index, Number] = {}
    for _, members in groupby(ordered, key=key):
        group = list(members)
        result |= zip(group, each([source[index] for index in group], tally), strict=True)
    return result


def affine(result: Array, weight: Array | None, bias: Array | None, axis: int) -> Array:
    """Scale and shift by the parameters of an axis."""
    for parameters, combine in ((weight, Number.__mul__), (bias, Number.__add__)):
        if parameters is not None:
            result = {
                index: combine(value, parameters[(index[axis],)]) for index, value in result.items()
            }
    return result


class Layer:
    """An input and the parameters of one of its axes, in torch and as numbers that count."""

    def __init__(self, shape: Index, axis: int, *, weight: bool, bias: bool) -> None:
        self.tally = Tally()
        self.axis = axis
        self.input = random(*shape)
        self.weight = random(shape[axis]) if weight else None
        self.bias = random(shape[axis]) + 1 if bias else None

    def number(self, tensor: torch.Tensor | None) -> dict[Index, Number] | None:
        return None if tensor is None else numbers(tensor, self.tally)

    def affine(self, result: Array) -> Array:
        return affine(result, self.number(self.weight), self.number(self.bias), self.axis)

    def predicted(self, op: str, **arguments: Argument) -> int:
        shape = spec(*self.input.shape)
        parameter = spec(self.input.shape[self.axis])
        return flops(
            op,
            shape,
            input=shape,
            weight=None if self.weight is None else parameter,
            bias=None if self.bias is None else parameter,
            **arguments,
        )


@PROOF
@given(rows=SIZE, columns=SIZE, weight=st.booleans(), bias=st.booleans())
def test_a_layer_norm_takes_what_its_loop_does(
    *, rows: int, columns: int, weight: bool, bias: bool
) -> None:
    layer = Layer((rows, columns), 1, weight=weight, bias=bias)
    normal = by_group(numbers(layer.input, layer.tally), lambda i: i[0], standardise, layer.tally)
    expected = functional.layer_norm(layer.input, (columns,), layer.weight, layer.bias, EPS)
    assert same(layer.affine(normal), expected)
    assert layer.predicted("layer_norm", normalized_shape=(columns,)) == layer.tally.total


@PROOF
@given(batch=SIZE, groups=SIZE, size=SIZE, width=SIZE, weight=st.booleans(), bias=st.booleans())
def test_a_group_norm_takes_what_its_loop_does(
    *, batch: int, groups: int, size: int, width: int, weight: bool, bias: bool
) -> None:
    layer = Layer((batch, groups * size, width + 1), 1, weight=weight, bias=bias)
    source = numbers(layer.input, layer.tally)
    normal = by_group(source, lambda i: (i[0], i[1] // size), standardise, layer.tally)
    expected = functional.group_norm(layer.input, groups, layer.weight, layer.bias, EPS)
    assert same(layer.affine(normal), expected)
    assert layer.predicted("group_norm", num_groups=groups) == layer.tally.total


@PROOF
@given(batch=SIZE, channels=SIZE, width=SIZE, weight=st.booleans(), bias=st.booleans())
def test_an_instance_norm_takes_what_its_loop_does(
    *, batch: int, channels: int, width: int, weight: bool, bias: bool
) -> None:
    layer = Layer((batch, channels, width + 1), 1, weight=weight, bias=bias)
    source = numbers(layer.input, layer.tally)
    normal = by_group(source, lambda i: i[:2], standardise, layer.tally)
    expected = functional.instance_norm(layer.input, None, None, layer.weight, layer.bias, eps=EPS)
    assert same(layer.affine(normal), expected)
    predicted = layer.predicted("instance_norm", running_mean=None, use_input_stats=True)
    assert predicted == layer.tally.total


@PROOF
@given(batch=SIZE, channels=SIZE, width=SIZE, weight=st.booleans(), bias=st.booleans())
def test_a_batch_norm_in_training_takes_what_its_loop_does(
    *, batch: int, channels: int, width: int, weight: bool, bias: bool
) -> None:
    layer = Layer((batch, channels, width + 1), 1, weight=weight, bias=bias)
    normal = by_group(numbers(layer.input, layer.tally), lambda i: i[1], standardise, layer.tally)
    expected = functional.batch_norm(
        layer.input, None, None, layer.weight, layer.bias, True, 0.1, EPS
    )
    assert same(layer.affine(normal), expected)
    predicted = layer.predicted("batch_norm", running_mean=None, training=True)
    assert predicted == layer.tally.total


@PROOF
@given(batch=SIZE, channels=SIZE, width=SIZE)
def test_running_statistics_take_what_their_loop_does(
    *, batch: int, channels: int, width: int
) -> None:
    """Constants of the layer and of the shape, 1 - momentum and n / (n - 1), are not counted."""
    layer, momentum = Layer((batch, channels, width + 1), 1, weight=False, bias=False), 0.1
    start, count = random(channels), batch * (width + 1)
    source, tally = numbers(layer.input, Tally()), layer.tally
    means, variances = numbers(start, tally), numbers(start.abs(), tally)
    for (c,) in indices(channels):
        mean, _, variance = statistics([v for i, v in source.items() if i[1] == c], Tally())
        mean, variance = tally.number(mean.value), tally.number(variance.value)
        unbiased = variance * (count / (count - 1))
        means[(c,)] = (1 - momentum) * means[(c,)] + momentum * mean
        variances[(c,)] = (1 - momentum) * variances[(c,)] + momentum * unbiased
    running = start.clone(), start.abs()
    functional.batch_norm(layer.input, *running, training=True, momentum=momentum, eps=EPS)
    assert same(means, running[0])
    assert same(variances, running[1])
    with_update = layer.predicted("batch_norm", running_mean=spec(channels), training=True)
    without = layer.predicted("batch_norm", running_mean=None, training=True)
    assert with_update - without == tally.total


@PROOF
@given(batch=SIZE, channels=SIZE, width=SIZE, weight=st.booleans(), bias=st.booleans())
def test_a_batch_norm_in_inference_takes_what_its_folded_loop_does(
    *, batch: int, channels: int, width: int, weight: bool, bias: bool
) -> None:
    layer = Layer((batch, channels, width), 1, weight=weight, bias=bias)
    mean, var = random(channels) * 0.5, random(channels).square()
    means, variances = numbers(mean, layer.tally), numbers(var, layer.tally)
    scales, shifts = layer.number(layer.weight), layer.number(layer.bias)
    folded = {}
    for (c,) in indices(channels):
        scale = (variances[(c,)] + EPS).rsqrt()
        scale = scale if scales is None else scales[(c,)] * scale
        shift = means[(c,)] * scale
        folded[c] = scale, shift if shifts is None else shift - shifts[(c,)]
    source = numbers(layer.input, layer.tally)
    result = {i: value * folded[i[1]][0] - folded[i[1]][1] for i, value in source.items()}
    expected = functional.batch_norm(layer.input, mean, var, layer.weight, layer.bias, eps=EPS)
    assert same(result, expected)
    predicted = layer.predicted("batch_norm", running_mean=spec(channels), training=False)
    assert predicted == layer.tally.total


def root_mean_square(row: list[Number], tally: Tally) -> list[Number]:
    mean = total_of([value * value for value in row], tally) / len(row)
    inverse = (mean + EPS).rsqrt()
    return [value * inverse for value in row]


@PROOF
@given(rows=SIZE, columns=SIZE, weight=st.booleans())
def test_an_rms_norm_takes_what_its_loop_does(*, rows: int, columns: int, weight: bool) -> None:
    layer = Layer((rows, columns), 1, weight=weight, bias=False)
    source = numbers(layer.input, layer.tally)
    normal = by_group(source, lambda i: i[0], root_mean_square, layer.tally)
    expected = functional.rms_norm(layer.input, (columns,), layer.weight, EPS)
    assert same(layer.affine(normal), expected)
    assert layer.predicted("rms_norm", normalized_shape=(columns,)) == layer.tally.total


def log_softmax(row: list[Number], tally: Tally) -> list[Number]:
    largest = tally.number(float("-inf"))
    for value in row:
        largest = largest.maximum(value)
    centred = [value - largest for value in row]
    log_total = total_of([value.exp() for value in centred], tally).log()
    return [value - log_total for value in centred]


@PROOF
@given(rows=SIZE, columns=SIZE)
def test_a_softmax_takes_what_its_loop_does(*, rows: int, columns: int) -> None:
    x, tally = random(rows, columns), Tally()
    result = by_group(numbers(x, tally), lambda i: i[0], softmax, tally)
    assert same(result, x.softmax(1))
    assert flops("softmax", spec(rows, columns), self=spec(rows, columns), dim=1) == tally.total


@PROOF
@given(rows=SIZE, columns=SIZE)
def test_a_log_softmax_takes_what_its_loop_does(*, rows: int, columns: int) -> None:
    x, tally, shape = random(rows, columns), Tally(), spec(rows, columns)
    result = by_group(numbers(x, tally), lambda i: i[0], log_softmax, tally)
    assert same(result, x.log_softmax(1))
    assert flops("log_softmax", shape, self=shape, dim=1) == tally.total
