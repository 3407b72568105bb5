"""Linear layers and products of batches: which copies they need, by at::linear and at::matmul."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.lowering.operations import (
    half,
    kernel,
    kinds,
    linear,
    matmul,
    permuted,
)
from tests.unit.costs.operations import operation

TOKENS = half(4, 64, 96)


def test_a_linear_layer_is_one_product_with_its_bias_inside() -> None:
    (found,) = kernels_of(linear(TOKENS, 128))

    assert found.kind == "linear"
    assert found.macs == 4 * 64 * 96 * 128
    assert (found.rows, found.columns, found.depth) == (4 * 64, 128, 96)
    assert found.nbytes == 2 * (4 * 64 * 96 + 128 * 96 + 4 * 64 * 128)
    assert found.dtype == "float16"


def test_a_permuted_input_is_copied_and_its_bias_added_apart() -> None:
    given = permuted(half(4, 96, 64), 0, 2, 1)

    assert kinds(linear(given, 128)) == ["copy", "linear", "bias"]
    assert kinds(linear(given, 128, bias=False)) == ["copy", "linear"]
    copy = kernel(linear(given, 128), "copy")
    assert copy.nbytes == 2 * given.nbytes
    assert copy.scattered_nbytes == given.nbytes  # neighbours are 64 elements apart
    assert kernel(linear(given, 128), "bias").nbytes == 2 * 2 * 4 * 64 * 128


def test_a_transposed_matrix_is_multiplied_as_it_lies() -> None:
    assert kinds(linear(permuted(half(96, 64), 1, 0), 128)) == ["linear"]


def test_every_other_row_is_no_copy_but_a_bias_apart() -> None:
    """The rows of a class token: one step from each to the next, and contiguous inside."""
    given = TensorSpec((4, 1, 96), "float16", (64 * 96, 96, 1))

    assert kinds(linear(given, 10)) == ["linear", "bias"]


def test_a_linear_layer_of_one_output_is_a_product_with_one_column() -> None:
    weight, out = half(96), half(4, 64)
    found = operation("linear", out, input=TOKENS, weight=weight, bias=None)

    assert kernel(found, "linear").columns == 1


@pytest.mark.parametrize(("features", "is_misaligned"), [(128, 0), (100, 1), (129, 1)])
def test_halves_whose_rows_are_no_whole_groups_of_eight_are_misaligned(
    features: int, is_misaligned: int
) -> None:
    assert kernel(linear(TOKENS, features), "linear").is_misaligned == is_misaligned


def test_floats_are_never_misaligned() -> None:
    assert kernel(linear(TensorSpec((4, 7)), 5), "linear").is_misaligned == 0


def test_an_empty_batch_runs_no_kernel() -> None:
    assert kinds(linear(half(0, 96), 128)) == []


HEADS = half(4, 12, 64, 32)


def test_heads_in_order_are_multiplied_as_they_lie() -> None:
    """Keys, too: a transposed matrix is no other batch."""
    (found,) = kernels_of(matmul(HEADS, permuted(HEADS, 0, 1, 3, 2)))

    assert found.kind == "product"
    assert (found.rows, found.columns, found.depth) == (64, 64, 32)
    assert found.products == 4 * 12
    assert found.macs == 4 * 12 * 64 * 64 * 32
    assert found.nbytes == 2 * (2 * 4 * 12 * 64 * 32 + 4 * 12 * 64 * 64)


def test_heads_inside_of_tokens_are_copied_first() -> None:
    inside = permuted(half(4, 64, 12, 32), 0, 2, 1, 3)
    found = matmul(inside, permuted(HEADS, 0, 1, 3, 2))

    assert kinds(found) == ["copy", "product"]
    assert kernel(found, "copy").scattered_nbytes == 0  # 32 elements lie side by side


def test_an_operand_broadcast_over_part_of_a_batch_is_written_out() -> None:
    found = matmul(HEADS, half(4, 1, 32, 16))

    assert kinds(found) == ["copy", "product"]
    assert kernel(found, "copy").nbytes == 2 * (2 * 4 * 12 * 32 * 16)


@pytest.mark.parametrize("sides", [(12,), (1, 12)])
def test_an_operand_of_fewer_dimensions_is_broadcast_like_one_with_ones(
    sides: tuple[int, ...],
) -> None:
    assert kinds(matmul(HEADS, half(*sides, 32, 16))) == ["copy", "product"]


@pytest.mark.parametrize("sides", [(), (1,), (1, 1)])
def test_an_operand_broadcast_over_the_whole_batch_is_not(sides: tuple[int, ...]) -> None:
    assert kinds(matmul(HEADS, half(*sides, 32, 16))) == ["product"]


def test_a_product_with_a_vector_copies_nothing_in_order() -> None:
    found = operation("matmul", half(4, 12, 64), self=HEADS, other=half(32))

    assert kinds(found) == ["product"]


def test_what_is_added_to_a_product_is_no_operand_of_it() -> None:
    found = operation(*("addmm", half(64, 16)), self=half(16), mat1=half(64, 32), mat2=half(32, 16))

    assert kinds(found) == ["product"]
    assert kernel(found, "product").macs == 64 * 32 * 16


def test_an_einsum_lays_its_first_operand_out_anew() -> None:
    found = operation(
        *("einsum", half(4, 12, 64, 64)),
        equation="bhid,bhjd->bhij",
        tensors=(HEADS, HEADS),
        path=None,
    )

    assert kinds(found) == ["copy", "product"]
    assert kernel(found, "product").macs == 4 * 12 * 64 * 64 * 32


def test_an_einsum_that_only_transposes_has_a_depth_that_can_be_divided_by() -> None:
    found = operation("einsum", half(8, 4), equation="ij->ji", tensors=(half(4, 8),), path=None)

    assert kernel(found, "product").depth == 1
