from __future__ import annotations

import pytest

from flopscope.records import Argument, TensorSpec
from tests.unit.costs.operations import nbytes, spec

FLOAT, LONG = 4, 8
TABLE, X = spec(50000, 64), spec(2, 3)


def indices(*shape: int) -> TensorSpec:
    return spec(*shape, dtype="int64")


def test_an_operator_reads_its_inputs_and_writes_its_outputs_once() -> None:
    assert nbytes("mm", spec(2, 4), self=X, mat2=spec(3, 4)) == (6 + 12 + 8) * FLOAT


def test_a_broadcast_operand_is_read_once() -> None:
    row = TensorSpec((2, 3), strides=(0, 1))
    assert nbytes("add", X, self=X, other=row) == (6 + 3 + 6) * FLOAT


@pytest.mark.parametrize(
    ("op", "arguments"),
    [
        ("embedding", {"weight": TABLE, "indices": indices(7)}),
        ("index_select", {"self": TABLE, "index": indices(7)}),
        ("index", {"self": TABLE, "indices": (indices(7),)}),
    ],
)
def test_a_look_up_reads_the_rows_it_is_asked_for_and_not_the_table(
    op: str, arguments: dict[str, Argument]
) -> None:
    assert nbytes(op, spec(7, 64), **arguments) == 7 * LONG + 2 * (7 * 64 * FLOAT)


def test_gather_reads_the_elements_it_is_asked_for() -> None:
    found = nbytes("gather", spec(2, 5), self=TABLE, dim=0, index=indices(2, 5))
    assert found == 10 * LONG + 2 * (10 * FLOAT)


def test_a_bag_reads_every_row_it_sums() -> None:
    found = nbytes("embedding_bag", spec(2, 64), weight=TABLE, indices=indices(7), mode=0)
    assert found == 7 * LONG + 7 * 64 * FLOAT + 2 * 64 * FLOAT


@pytest.mark.parametrize("op", ["fill_", "zero_", "normal_", "uniform_", "zeros_like", "full_like"])
def test_filling_a_tensor_does_not_read_it(op: str) -> None:
    assert nbytes(op, X, ["inplace"], self=X) == 6 * FLOAT


def test_a_copy_reads_its_source_and_not_its_destination() -> None:
    half = spec(2, 3, dtype="float16")
    assert nbytes("copy_", X, ["inplace"], self=X, src=half) == 6 * 2 + 6 * FLOAT


def test_a_cast_reads_the_one_type_and_writes_the_other() -> None:
    assert nbytes("_to_copy", spec(2, 3, dtype="float16"), self=X) == 6 * FLOAT + 6 * 2


@pytest.mark.parametrize("op", ["empty", "empty_like", "new_empty", "empty_strided"])
def test_reserving_memory_moves_nothing(op: str) -> None:
    assert nbytes(op, X, self=TABLE) == 0


@pytest.mark.parametrize("op", ["t_", "squeeze_", "unsqueeze_", "transpose_", "detach_"])
def test_reshaping_in_place_moves_nothing(op: str) -> None:
    assert nbytes(op, X, ["inplace"], self=X) == 0


def test_rows_added_in_place_are_read_and_written_and_the_others_left() -> None:
    rows: dict[str, Argument] = {"self": TABLE, "dim": 0, "index": indices(7)}
    source = spec(7, 64)
    assert nbytes("index_add_", TABLE, ["inplace"], **rows, source=source) == (
        7 * LONG + 3 * (7 * 64 * FLOAT)
    )
    assert nbytes("index_copy_", TABLE, ["inplace"], **rows, source=source) == (
        7 * LONG + 2 * (7 * 64 * FLOAT)
    )


def test_rows_added_out_of_place_copy_the_whole_table() -> None:
    arguments: dict[str, Argument] = {
        "self": TABLE,
        "dim": 0,
        "index": indices(7),
        "source": spec(7, 64),
    }
    table = 50000 * 64 * FLOAT
    assert nbytes("index_add", TABLE, **arguments) == 2 * table + 7 * LONG + 7 * 64 * FLOAT


def test_a_part_copied_does_not_read_the_rest() -> None:
    assert nbytes("slice_copy", spec(7, 64), self=TABLE) == 2 * (7 * 64 * FLOAT)


def test_values_put_in_place_touch_only_their_places() -> None:
    def put(*, accumulate: bool) -> int:
        places: dict[str, Argument] = {
            "self": TABLE,
            "indices": (indices(7), None),
            "values": spec(7, 64),
        }
        return nbytes("index_put_", TABLE, ["inplace"], **places, accumulate=accumulate)

    assert put(accumulate=False) == 7 * LONG + 2 * (7 * 64 * FLOAT)
    assert put(accumulate=True) == 7 * LONG + 3 * (7 * 64 * FLOAT)
