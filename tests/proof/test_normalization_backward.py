"""The textbook derivatives of normalisations executed on numbers that count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.records import Argument
from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Array, Index, Number, Tally, total_of
from tests.unit.costs.operations import flops, spec

EPS = 1e-5
SIZE = st.integers(1, 3)
PROOF = settings(max_examples=15, deadline=None)
Mask: TypeAlias = tuple[bool, bool, bool]
MASKS = st.tuples(st.booleans(), st.booleans(), st.booleans()).filter(any)

aten = torch.ops.aten


class Gradients:
    """Of a normalisation of (samples, channels, width) with a weight per channel.

    Args:
        shape: of the input.
        group: which group an element is in; a group shares its mean and deviation.
        mask: which gradients are asked for: the input's, the weight's, the bias's.
    """

    def __init__(self, shape: Index, group: Callable[[Index], int], mask: Mask) -> None:
        self.tally = Tally()
        self.group = group
        self.mask = mask
        self.x, self.dy, self.weight = random(*shape), random(*shape) + 0.1, random(shape[1]) + 1
        self.grads = numbers(self.dy, self.tally)
        self.members: dict[int, list[Index]] = {}
        for index in self.grads:
            self.members.setdefault(group(index), []).append(index)
        rows = [[self.x[i].item() for i in self.members[key]] for key in sorted(self.members)]
        values = torch.tensor(rows, dtype=torch.float64)
        self.mean = values.mean(1)
        self.rstd = (values.var(1, correction=0) + EPS).rsqrt()
        self.input, self.by_weight, self.by_bias = self.run()

    def run(self) -> tuple[Array, Array, Array]:
        rstd = numbers(self.rstd, self.tally)
        for_input, for_weight, for_bias = self.mask
        normal = self.normal(rstd) if for_input or for_weight else {}
        return (
            self.of_input(normal, rstd) if for_input else {},
            self.per_channel(
                {i: g * normal[i] for i, g in self.grads.items()} if for_weight else {}
            ),
            self.per_channel(self.grads if for_bias else {}),
        )

    def normal(self, rstd: Array) -> dict[Index, Number]:
        """``(x - mean) * rstd``, of statistics that the forward pass kept."""
        x, mean = numbers(self.x, self.tally), numbers(self.mean, self.tally)
        return {
            index: (value - mean[(self.group(index),)]) * rstd[(self.group(index),)]
            for index, value in x.items()
        }

    def of_input(self, normal: Array, rstd: Array) -> dict[Index, Number]:
        """``rstd * (h - sum(h) / m - normal * sum(h * normal) / m)`` with ``h = dy * weight``."""
        weight = numbers(self.weight, self.tally)
        h = {index: grad * weight[(index[1],)] for index, grad in self.grads.items()}
        result: dict[Index, Number] = {}
        for key, members in self.members.items():
            first = total_of([h[i] for i in members], self.tally) / len(members)
            second = total_of([h[i] * normal[i] for i in members], self.tally) / len(members)
            for i in members:
                result[i] = rstd[(key,)] * (h[i] - first - normal[i] * second)
        return result

    def per_channel(self, terms: Mapping[Index, Number]) -> dict[Index, Number]:
        channels: dict[Index, list[Number]] = {}
        for index, term in terms.items():
            channels.setdefault((index[1],), []).append(term)
        return {channel: total_of(each, self.tally) for channel, each in channels.items()}

    def agree(self, expected: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> bool:
        found = (self.input, self.by_weight, self.by_bias)
        asked = zip(self.mask, found, expected, strict=True)
        return all(same(mine, torchs) for wanted, mine, torchs in asked if wanted)

    def predicted(self, op: str, **arguments: Argument) -> int:
        shape = spec(*self.x.shape)
        return flops(
            op,
            (shape, spec(self.x.shape[1])),
            input=shape,
            weight=spec(self.x.shape[1]),
            output_mask=self.mask,
            **arguments,
        )


@PROOF
@given(rows=SIZE, columns=SIZE, mask=MASKS)
def test_a_layer_norm_backward_takes_what_its_formula_does(
    rows: int, columns: int, mask: Mask
) -> None:
    of = Gradients((rows, columns), lambda i: i[0], mask)
    mean, rstd = of.mean[:, None], of.rstd[:, None]
    expected = aten.native_layer_norm_backward(
        of.dy, of.x, [columns], mean, rstd, of.weight, of.weight, list(mask)
    )
    assert of.agree(expected)
    predicted = of.predicted("native_layer_norm_backward", normalized_shape=(columns,))
    assert predicted == of.tally.total


@PROOF
@given(batch=SIZE, groups=SIZE, size=SIZE, width=SIZE, mask=MASKS)
def test_a_group_norm_backward_takes_what_its_formula_does(
    batch: int, groups: int, size: int, width: int, mask: Mask
) -> None:
    shape = (batch, groups * size, width)
    of = Gradients(shape, lambda i: i[0] * groups + i[1] // size, mask)
    mean, rstd = of.mean.reshape(batch, groups), of.rstd.reshape(batch, groups)
    expected = aten.native_group_norm_backward(
        of.dy, of.x, mean, rstd, of.weight, *shape, groups, list(mask)
    )
    assert of.agree(expected)
    predicted = of.predicted("native_group_norm_backward", N=batch, group=groups)
    assert predicted == of.tally.total


@PROOF
@given(batch=SIZE, channels=SIZE, width=SIZE, mask=MASKS)
def test_a_batch_norm_backward_takes_what_its_formula_does(
    batch: int, channels: int, width: int, mask: Mask
) -> None:
    of = Gradients((batch, channels, width), lambda i: i[1], mask)
    expected = aten.native_batch_norm_backward(
        of.dy, of.x, of.weight, None, None, of.mean, of.rstd, True, EPS, list(mask)
    )
    assert of.agree(expected)
    assert of.predicted("native_batch_norm_backward", train=True) == of.tally.total
