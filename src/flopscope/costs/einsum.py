"""torch.einsum as it runs: pairs of operands, each pair one batched matrix product.

Operands are contracted from the left, or along a given path. An index that only one of a pair holds
and nothing later needs is summed beforehand, one addition per element. A pair that shares an index
to sum is a matrix product; one that shares none is an elementwise product (``sumproduct_pair`` and
``einsum`` of ATen's Linear.cpp).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from flopscope.costs import Cost, formula
from flopscope.costs.complex_numbers import real_macs
from flopscope.records import TensorSpec

Sizes: TypeAlias = Mapping[str, int]
"""An operand: the size of each of its indices that is not 1. (Size 1 broadcasts, like none.)"""


@formula("aten.einsum")
def einsum(equation: str, tensors: Sequence[TensorSpec], path: Sequence[int] | None = None) -> Cost:
    """Add up the products of the pairs that torch contracts; a single operand is only summed."""
    operands, kept = parse(equation, tensors)
    if len(operands) == 1:
        needless = set(operands[0]) - kept
        return Cost(other_flops=_numel(operands[0]) if needless else 0)
    total = Cost()
    for first, second in _pairs(len(operands), path):
        b, a = operands.pop(second), operands.pop(first)
        result, cost = contract(a, b, kept.union(*operands))
        total += cost
        operands.insert(len(operands) if path else 0, result)
    return Cost(real_macs(total.macs, tensors[0]), total.other_flops)


def contract(a: Sizes, b: Sizes, needed: set[str]) -> tuple[Sizes, Cost]:
    """One pair: its result, and its cost.

    Args:
        a: the one operand.
        b: the other.
        needed: the indices of the output and of the operands still to come.
    """
    a, summed_a = _sum_out(a, set(a) - set(b) - needed)
    b, summed_b = _sum_out(b, set(b) - set(a) - needed)
    union = {**a, **b}
    result = {index: size for index, size in union.items() if index in needed}
    products = _numel(union)
    flops = summed_a + summed_b
    if len(result) == len(union):
        return result, Cost(other_flops=flops + products)
    return result, Cost(products, flops)


@formula("aten._trilinear")
def trilinear(
    i1: TensorSpec,
    i2: TensorSpec,
    i3: TensorSpec,
    expand1: Sequence[int],
    expand2: Sequence[int],
    expand3: Sequence[int],
    sumdim: Sequence[int],
) -> Cost:
    """The products of three tensors, the first two contracted first; a bilinear layer is one.

    ``expand`` names the dimensions that a tensor gets with size 1, ``sumdim`` those that are
    summed.
    """
    total = i1.ndim + len(expand1)
    a, b, c = (
        _named(tensor, [axis for axis in range(total) if axis not in expanded])
        for tensor, expanded in ((i1, expand1), (i2, expand2), (i3, expand3))
    )
    kept = {str(axis) for axis in range(total) if axis not in sumdim}
    pair, first = contract(a, b, kept.union(c))
    _, second = contract(pair, c, kept)
    return first + second


def parse(equation: str, tensors: Sequence[TensorSpec]) -> tuple[list[Sizes], set[str]]:
    """The sizes of every operand's indices, and the indices of the output.

    An ellipsis stands for indices that are numbered from the right. Without an arrow the output
    holds the ellipsis and the indices that occur once.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = [
        _indices(term, tensor.ndim) for term, tensor in zip(left.split(","), tensors, strict=True)
    ]
    operands = [_named(tensor, term) for term, tensor in zip(terms, tensors, strict=True)]
    counts = Counter(index for term in terms for index in term)
    dots = {index for index in counts if index.isdigit()}
    if not arrow:
        return operands, dots | {index for index, count in counts.items() if count == 1}
    return operands, set(right.replace("...", "")) | (dots if "..." in right else set())


def _indices(term: str, ndim: int) -> list[str]:
    before, dots, after = term.partition("...")
    covered = ndim - len(before) - len(after) if dots else 0
    return [*before, *map(str, reversed(range(covered))), *after]


def _named(tensor: TensorSpec, indices: Iterable[object]) -> Sizes:
    named = zip(indices, tensor.shape, strict=True)
    return {str(index): size for index, size in named if size != 1}


def _pairs(count: int, path: Sequence[int] | None) -> Iterator[tuple[int, int]]:
    """The places of the operands that each step takes, the lower one first."""
    if not path:
        yield from [(0, 1)] * (count - 1)
        return
    for first, second in zip(path[::2], path[1::2], strict=True):
        yield min(first, second), max(first, second)


def _sum_out(operand: Sizes, indices: set[str]) -> tuple[Sizes, int]:
    """An operand without these indices, and the additions that takes."""
    if not indices:
        return operand, 0
    left = {index: size for index, size in operand.items() if index not in indices}
    return left, _numel(operand)


def _numel(operand: Sizes) -> int:
    return math.prod(operand.values())
