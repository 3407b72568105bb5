"""Attention: when there is one kernel for it, and what it is made of otherwise."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.costs import cost_of
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.lowering.operations import (
    attention,
    half,
    kernel,
    kinds,
    permuted,
)

QUERY = half(4, 12, 196, 64)
KEY = half(4, 12, 50, 64)
MASK = half(1, 1, 196, 196)


def test_halves_of_four_dimensions_are_one_kernel() -> None:
    (found,) = kernels_of(attention(QUERY, KEY))

    assert found.kind == "attention"
    assert (found.rows, found.columns, found.depth) == (196, 50, 64)
    assert found.products == 4 * 12
    assert found.macs == 2 * 4 * 12 * 196 * 50 * 64
    assert found.nbytes == 2 * (2 * QUERY.numel + 2 * KEY.numel)


def test_a_mask_is_read_by_a_kernel_of_another_kind() -> None:
    (found,) = kernels_of(attention(QUERY, mask=MASK))

    assert found.kind == "masked attention"
    assert found.nbytes == 4 * QUERY.nbytes + MASK.nbytes


def steps(width: int, dtype: str = "float16", mask: TensorSpec | None = None) -> list[str]:
    return kinds(attention(TensorSpec((4, 12, 196, width), dtype), mask=mask))


@pytest.mark.parametrize(
    ("width", "dtype", "mask"),
    [
        (20, "float16", None),  # flash attention pads heads
        (264, "bfloat16", None),  # memory-efficient attention has no widest head
        (64, "float32", None),
        (20, "float32", None),  # four floats are 16 B
        (64, "float16", MASK),
    ],
)
def test_what_a_fused_kernel_takes_is_one(width: int, dtype: str, mask: TensorSpec | None) -> None:
    assert len(steps(width, dtype, mask)) == 1


@pytest.mark.parametrize(
    ("width", "dtype", "mask"),
    [
        (20, "float16", MASK),  # not by eight, and masks are not flash attention's
        (260, "float16", None),
        (18, "float32", None),
        (64, "float64", None),
    ],
)
def test_what_no_fused_kernel_takes_is_not(width: int, dtype: str, mask: TensorSpec | None) -> None:
    assert steps(width, dtype, mask).count("product") == 2


def test_values_of_another_width_are_fused_by_the_memory_efficient_kernel() -> None:
    assert kinds(attention(QUERY, QUERY, half(4, 12, 196, 32))) == ["attention"]
    assert "softmax" in kinds(attention(QUERY, QUERY, half(4, 12, 196, 36)))


def test_heads_whose_channels_are_not_side_by_side_are_not_fused() -> None:
    assert "softmax" in kinds(attention(permuted(half(4, 12, 64, 196), 0, 1, 3, 2)))


WINDOWS = half(4, 12, 9, 49, 32)


@pytest.mark.parametrize("mask", [None, half(49, 49)])
def test_five_dimensions_are_each_step_apart(mask: TensorSpec | None) -> None:
    masking = [] if mask is None else ["pointwise"]

    assert kinds(attention(WINDOWS, mask=mask)) == [
        *("pointwise", "pointwise"),  # the scale, of queries and keys
        *("product", *masking, "softmax", "product"),
    ]


def test_the_steps_have_the_arithmetic_of_the_whole() -> None:
    found = attention(WINDOWS, half(4, 12, 9, 25, 32), half(4, 12, 9, 25, 16))

    assert cost_of(found)[1].macs == 4 * 12 * 9 * 49 * 25 * (32 + 16)
    assert sum(each.macs for each in kernels_of(found)) == cost_of(found)[1].macs


def test_the_scores_are_written_and_read_by_each_step() -> None:
    found = attention(WINDOWS)
    scores = 2 * 4 * 12 * 9 * 49 * 49

    assert kernel(found, "softmax").nbytes == 2 * scores
    products = [each for each in kernels_of(found) if each.kind == "product"]
    assert [each.nbytes for each in products] == [scores + 2 * WINDOWS.nbytes] * 2
    assert [(each.columns, each.depth) for each in products] == [(49, 32), (32, 49)]


def test_heads_inside_of_tokens_are_copied_where_there_is_no_fused_kernel() -> None:
    inside = permuted(half(4, 9, 49, 12, 32), 0, 3, 1, 2, 4)

    assert kinds(attention(inside)).count("copy") == 3
