from __future__ import annotations

from flopscope.costs import cost_of
from tests.unit.costs.operations import flops, operation, spec

TABLE, SOURCE = spec(100, 8), spec(5, 8)
INDEX = spec(5, 8, dtype="int64")
ROWS = spec(5, dtype="int64")


def test_moving_elements_by_an_index_is_free() -> None:
    for op in ("gather", "index_select", "index_copy", "masked_fill", "where"):
        assert cost_of(operation(op, SOURCE, self=TABLE, index=INDEX))[0] == "free"


def test_adding_by_an_index_takes_one_flop_per_element_added() -> None:
    assert flops("scatter_add", TABLE, self=TABLE, index=INDEX, src=SOURCE) == 40
    assert flops("index_add", TABLE, self=TABLE, index=ROWS, source=SOURCE) == 40
    assert flops("index_put", TABLE, indices=(ROWS,), values=SOURCE, accumulate=True) == 40


def test_replacing_by_an_index_takes_nothing() -> None:
    assert flops("index_put", TABLE, indices=(ROWS,), values=SOURCE, accumulate=False) == 0
    assert flops("scatter", TABLE, self=TABLE, index=INDEX, src=SOURCE) == 0


def test_a_scaled_source_takes_its_product() -> None:
    assert flops("index_add", TABLE, index=ROWS, source=SOURCE, alpha=2) == 80


def test_a_mean_divides_every_output() -> None:
    reduced = {"index": INDEX, "src": SOURCE}
    added = flops("scatter_reduce", TABLE, **reduced, reduce="sum")
    assert flops("scatter_reduce", TABLE, **reduced, reduce="mean") == added + TABLE.numel


def test_a_bag_adds_the_rows_it_fetches() -> None:
    bag = {"weight": TABLE, "indices": spec(2, 3, dtype="int64")}
    assert flops("embedding_bag", spec(2, 8), **bag, mode=0) == 6 * 8
    assert flops("embedding_bag", spec(2, 8), **bag, mode=1) == 6 * 8 + 2 * 8
    weighted = flops("embedding_bag", spec(2, 8), **bag, mode=0, per_sample_weights=spec(2, 3))
    assert weighted == 2 * 6 * 8


def test_folding_patches_adds_each_of_their_elements() -> None:
    patches = spec(1, 2 * 9, 36)
    assert flops("col2im", spec(1, 2, 8, 8), self=patches) == patches.numel
