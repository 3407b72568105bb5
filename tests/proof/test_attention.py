"""Naive attention executed on numbers that count."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Array, Index, Number, Tally, dot, indices, largest_of, total_of
from tests.unit.costs.operations import cost, spec


@dataclass(frozen=True)
class Case:
    """Sizes of an attention; ``grouped`` query heads share one key and value head."""

    batch: int
    key_heads: int
    grouped: int
    queries: int
    keys: int
    channels: int
    value_channels: int
    masked: bool


SIZE = st.integers(1, 3)
CASES = st.builds(
    Case, st.integers(1, 2), SIZE, st.integers(1, 2), SIZE, SIZE, SIZE, SIZE, st.booleans()
)


def softmax(row: list[Number], tally: Tally) -> list[Number]:
    """Five operations per element: compare, subtract, exp, add, divide."""
    largest = largest_of(row, tally)
    powers = [(value - largest).exp() for value in row]
    total = total_of(powers, tally)
    return [power / total for power in powers]


def attend(
    q: Array, k: Array, v: Array, mask: Array | None, case: Case, tally: Tally
) -> dict[Index, Number]:
    result: dict[Index, Number] = {}
    channels, columns = range(case.channels), range(case.keys)
    for n, h, i in indices(case.batch, case.key_heads * case.grouped, case.queries):
        shared = h // case.grouped
        query = [q[n, h, i, c] for c in channels]
        scores = [dot(query, [k[n, shared, j, c] for c in channels], tally) for j in columns]
        scores = [score * case.channels**-0.5 for score in scores]
        if mask is not None:
            scores = [score + mask[i, j] for j, score in enumerate(scores)]
        weights = softmax(scores, tally)
        for c in range(case.value_channels):
            result[n, h, i, c] = dot(weights, [v[n, shared, j, c] for j in columns], tally)
    return result


@settings(max_examples=40, deadline=None)
@given(CASES)
def test_attention_takes_what_its_loop_does(case: Case) -> None:
    heads = case.key_heads * case.grouped
    q = random(case.batch, heads, case.queries, case.channels)
    k = random(case.batch, case.key_heads, case.keys, case.channels)
    v = random(case.batch, case.key_heads, case.keys, case.value_channels)
    mask = random(case.queries, case.keys) if case.masked else None
    tally = Tally()
    added = None if mask is None else numbers(mask, tally)
    result = attend(numbers(q, tally), numbers(k, tally), numbers(v, tally), added, case, tally)
    expected = torch.nn.functional.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, enable_gqa=case.grouped > 1
    )
    assert same(result, expected)
    predicted = cost(
        "scaled_dot_product_attention",
        spec(*expected.shape),
        query=spec(*q.shape),
        key=spec(*k.shape),
        value=spec(*v.shape),
        attn_mask=None if mask is None else spec(*mask.shape),
    )
    scores = case.batch * heads * case.queries * case.keys
    assert predicted.macs == scores * (case.channels + case.value_channels)
    assert predicted.flops == tally.total
