"""Attention: when there is one kernel for it, and what it is made of otherwise."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.lowering import NEWEST, kernels_of
from flopscope.costs import cost_of
from flopscope.records import Operation, TensorSpec
from tests.unit.analysis.prediction.lowering.operations import (
    attention,
    half,
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
BEFORE = (2, 4)


def steps_of(made: Operation, torch: tuple[int, int] = NEWEST) -> list[str]:
    return [each.kind for each in kernels_of(made, torch)]


@pytest.mark.parametrize("mask", [None, half(49, 49)])
def test_five_dimensions_are_each_step_apart(mask: TensorSpec | None) -> None:
    masking = [] if mask is None else ["indexed pointwise"]

    assert steps_of(attention(WINDOWS, mask=mask), BEFORE) == [
        *("pointwise", "pointwise"),  # the scale, of queries and keys
        *("product", *masking, "softmax", "product"),
    ]


def test_halves_are_computed_in_float32_and_the_weights_made_safe() -> None:
    """As the operators that torch 2.13 and 2.14 call for ``_scaled_dot_product_attention_math``."""
    assert steps_of(attention(WINDOWS)) == [
        *("cast", "cast", "cast", "pointwise", "pointwise", "product", "softmax"),
        *("pointwise", "reduction", "indexed pointwise"),  # rows without a weight are sought
        *("cast", "product", "cast"),
    ]
    assert {each.dtype for each in kernels_of(attention(WINDOWS)) if each.macs} == {"float32"}


def test_what_is_in_float32_is_not_cast() -> None:
    wide = TensorSpec(WINDOWS.shape, "float32")

    assert "cast" not in kinds(attention(wide))
    assert "reduction" in kinds(attention(wide))


def test_the_steps_have_the_arithmetic_of_the_whole() -> None:
    found = attention(WINDOWS, half(4, 12, 9, 25, 32), half(4, 12, 9, 25, 16))

    assert cost_of(found)[1].macs == 4 * 12 * 9 * 49 * 25 * (32 + 16)
    for torch in (BEFORE, NEWEST):
        assert sum(each.macs for each in kernels_of(found, torch)) == cost_of(found)[1].macs


@pytest.mark.parametrize(("torch", "nbytes"), [(BEFORE, 2), (NEWEST, 4)])
def test_the_scores_are_written_and_read_by_each_step(torch, nbytes: int) -> None:
    found = kernels_of(attention(WINDOWS), torch)
    scores = nbytes * 4 * 12 * 9 * 49 * 49

    (softmax,) = (each for each in found if each.kind == "softmax")
    assert softmax.nbytes == 2 * scores
    assert (softmax.elements, softmax.rows) == (4 * 12 * 9 * 49 * 49, 4 * 12 * 9 * 49)
    products = [each for each in found if each.kind == "product"]
    assert [each.nbytes for each in products] == [scores + 2 * nbytes * WINDOWS.numel] * 2
    assert [(each.columns, each.depth) for each in products] == [(49, 32), (32, 49)]


def test_a_side_of_49_halves_is_not_aligned_and_one_of_floats_need_not_be() -> None:
    old, new = (
        [each.is_misaligned for each in kernels_of(attention(WINDOWS), torch) if each.macs]
        for torch in (BEFORE, NEWEST)
    )

    assert (old, new) == ([1, 1], [0, 0])


def test_heads_inside_of_tokens_are_copied_where_there_is_no_fused_kernel() -> None:
    inside = permuted(half(4, 9, 49, 12, 32), 0, 3, 1, 2, 4)

    assert kinds(attention(inside)).count("copy") == 3


SHARED_KEY = half(4, 1, 196, 64)


def test_keys_that_are_shared_by_broadcasting_are_in_no_fused_kernel() -> None:
    found = attention(QUERY, SHARED_KEY)

    assert kinds(found).count("product") == 2
    assert sum(each.macs for each in kernels_of(found)) == 2 * 4 * 12 * 196 * 196 * 64
    assert kinds(found).count("copy") == 2  # keys and values, once for each head


@pytest.mark.parametrize(("mask", "products"), [(None, 0), (MASK, 2)])
def test_keys_that_are_shared_where_that_is_asked_for_are_flash_attentions(mask, products) -> None:
    found = attention(QUERY, half(4, 3, 196, 64), mask=mask, is_grouped=True)

    assert kinds(found).count("product") == products
