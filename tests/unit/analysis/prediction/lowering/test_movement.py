"""What moves data: views don't, copies read in the order in which they are visited."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.lowering.operations import half, kernel, kinds, permuted
from tests.unit.costs.operations import operation, spec

ROWS = half(64, 96)


def test_views_are_free() -> None:
    assert kinds(operation("transpose", permuted(ROWS, 1, 0), ["view"], self=ROWS)) == []


def test_a_cast_reads_one_type_and_writes_the_other() -> None:
    (found,) = kernels_of(operation("_to_copy", ROWS, self=spec(64, 96), dtype="float16"))

    assert (found.kind, found.nbytes, found.macs) == ("cast", (4 + 2) * 64 * 96, 0)


def test_a_join_reads_all_and_writes_all() -> None:
    found = operation("cat", half(128, 96), tensors=(ROWS, ROWS), dim=0)

    assert kernel(found, "join").nbytes == 2 * 2 * ROWS.nbytes


@pytest.mark.parametrize(("width", "scattered"), [(7, 2 * 64 * 12 * 7), (8, 0)])
def test_a_copy_is_scattered_if_fewer_than_16_bytes_lie_side_by_side(
    width: int, scattered: int
) -> None:
    given = permuted(half(64, 12, width), 1, 0, 2)
    found = kernel(operation("clone", TensorSpec(given.shape, "float16"), self=given), "copy")

    assert found.nbytes == 2 * given.nbytes
    assert found.scattered_nbytes == scattered


def test_a_broadcast_copy_writes_what_it_repeats() -> None:
    given = TensorSpec((64, 96), "float16", (0, 1))
    found = operation("contiguous", ROWS, self=given, memory_format="contiguous_format")

    assert kernel(found, "copy").nbytes == 2 * ROWS.nbytes


def test_a_look_up_reads_the_rows_that_it_returns_and_not_the_table() -> None:
    table, indices = half(50_000, 96), spec(64, dtype="int64")
    found = operation("embedding", ROWS, weight=table, indices=indices, padding_idx=-1)

    assert kernel(found, "gather").nbytes == 2 * ROWS.nbytes + 8 * 64


def test_filling_only_writes() -> None:
    assert kernel(operation("zeros", ROWS, size=(64, 96)), "pointwise").nbytes == ROWS.nbytes


def test_reserving_memory_runs_nothing() -> None:
    assert kinds(operation("empty", ROWS, size=(64, 96))) == []


def test_an_operator_in_place_has_the_rule_of_the_one_that_is_not() -> None:
    assert kinds(operation("zero_", ROWS, ["inplace"], self=ROWS)) == ["pointwise"]
