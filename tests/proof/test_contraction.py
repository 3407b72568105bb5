"""Naive matrix products executed on numbers that count."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Index, Number, Tally, indices
from tests.unit.costs.operations import cost, spec

SIZE = st.integers(1, 3)


@st.composite
def shapes(draw: st.DrawFn) -> tuple[Index, Index]:
    """What matmul takes: vectors, matrices, and batches of matrices that broadcast."""
    length, batch = draw(SIZE), draw(st.lists(SIZE, max_size=2))
    left: Index = (length,)
    right: Index = (length,)
    if draw(st.booleans()):
        left = (*(draw(st.sampled_from([1, size])) for size in batch), draw(SIZE), length)
    if draw(st.booleans()):
        right = (*(draw(st.sampled_from([1, size])) for size in batch), length, draw(SIZE))
    return left, right


def multiply(rows: torch.Tensor, columns: torch.Tensor, tally: Tally) -> dict[Index, Number]:
    """The dot product of every row of one matrix with every column of another."""
    left, right = numbers(rows, tally), numbers(columns, tally)
    result = {}
    for *batch, row, column in indices(*rows.shape[:-1], columns.shape[-1]):
        total = tally.number(0.0)
        for k in range(rows.shape[-1]):
            total = total + left[(*batch, row, k)] * right[(*batch, k, column)]
        result[(*batch, row, column)] = total
    return result


@settings(max_examples=50, deadline=None)
@given(shapes())
def test_a_matrix_product_takes_what_its_loop_does(drawn: tuple[Index, Index]) -> None:
    a, b = (random(*shape) for shape in drawn)
    expected = torch.matmul(a, b)
    rows, columns = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])
    batch = torch.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows, columns = (each.expand(*batch, -1, -1) for each in (rows, columns))
    tally = Tally()
    result = multiply(rows, columns, tally)
    assert same(result, expected.reshape(*batch, rows.shape[-2], columns.shape[-1]))
    predicted = cost("matmul", spec(*expected.shape), self=spec(*a.shape), other=spec(*b.shape))
    assert predicted.macs == tally.products == tally.sums
    assert predicted.flops == tally.total


@settings(max_examples=25, deadline=None)
@given(SIZE, SIZE, SIZE, st.sampled_from([0, 1, 0.5]), st.sampled_from([1, 0.5]))
def test_a_product_added_to_a_matrix_takes_what_its_loop_does(
    rows: int, length: int, columns: int, beta: float, alpha: float
) -> None:
    start, a, b = random(rows, columns), random(rows, length), random(length, columns)
    tally = Tally()
    product = multiply(a, b, tally)
    base = numbers(start, tally)
    for index, value in product.items():
        scaled = value if alpha == 1 else alpha * value
        if beta == 1:
            scaled = scaled + base[index]
        elif beta != 0:
            scaled = scaled + beta * base[index]
        product[index] = scaled
    assert same(product, torch.addmm(start, a, b, beta=beta, alpha=alpha))
    predicted = cost(
        "addmm",
        spec(rows, columns),
        self=spec(rows, columns),
        mat1=spec(rows, length),
        mat2=spec(length, columns),
        beta=beta,
        alpha=alpha,
    )
    assert predicted.macs == rows * length * columns
    assert predicted.flops == tally.total
