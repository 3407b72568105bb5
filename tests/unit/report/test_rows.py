"""Modules as rows: what is folded, what is left out, and that every level adds up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.costs import Cost
from flopscope.report import View
from flopscope.report.rows import OWN_NAME, Row, row_of
from flopscope.tree import Node
from tests.unit.report.samples import SAMPLES, linear, module

ROWS = (1, 8)


def sequential(*children: Node, calls: int = 1) -> Node:
    return module("", "Sequential", calls=calls, children=children)


def names(row: Row) -> list[str]:
    return [child.name for child in row.children if child.kind == "module"]


def walk(row: Row) -> list[Row]:
    return [row, *(inner for child in row.children for inner in walk(child))]


def test_a_run_of_identical_modules_is_one_row_that_sums_them():
    root = sequential(*(linear(str(index), ROWS, 16, 16, params=256) for index in range(32)))
    (row,) = row_of(root, View()).children[:1]
    assert (row.name, row.times) == ("0-31", "×32")
    assert row.cost.macs == 32 * 8 * 16 * 16
    assert row.params == 32 * 16 * 16


def test_a_run_keeps_the_word_before_its_numbers():
    root = sequential(*(linear(f"block{index}", ROWS, 16, 16) for index in (1, 2, 3)))
    assert names(row_of(root, View())) == ["block1-3"]


def test_what_is_inside_a_run_is_summed_over_all_of_it():
    def block(index: int) -> Node:
        inside = linear(f"{index}.inner", ROWS, 16, 16)
        return module(str(index), "Block", (1, 8, 16), children=(inside,))

    run = row_of(sequential(*map(block, range(5))), View()).children[0]
    assert [(child.name, child.times) for child in run.children[:1]] == [("inner", "×5")]
    assert run.children[0].cost.macs == 5 * 8 * 16 * 16


def test_two_alike_modules_without_children_keep_their_names():
    root = sequential(*(linear(f"conv{index}", ROWS, 16, 16) for index in (1, 2)))
    assert names(row_of(root, View())) == ["conv1", "conv2"]


def test_two_alike_blocks_are_a_run():
    def block(index: int) -> Node:
        return module(str(index), "Block", children=(linear(f"{index}.inner", ROWS, 16, 16),))

    assert names(row_of(sequential(block(0), block(1)), View())) == ["0-1"]


@pytest.mark.parametrize(
    "other",
    [
        linear("2", ROWS, 16, 32),
        linear("2", ROWS, 16, 16, params=256),
        linear("2", ROWS, 16, 16, calls=2),
        linear("3", ROWS, 16, 16),
        linear("value", ROWS, 16, 16),
        replace(linear("2", ROWS, 16, 16), own_cost=Cost()),
        module("2", "Sequential", children=(linear("2.0", ROWS, 16, 16),)),
    ],
    ids=["shape", "params", "calls", "gap", "name", "cost", "kind"],
)
def test_a_module_that_differs_in_anything_is_no_part_of_a_run(other):
    run = (linear(str(index), ROWS, 16, 16) for index in range(2))
    assert len(names(row_of(sequential(*run, other), View()))) == 3


def test_blocks_that_differ_deep_inside_stay_apart():
    def block(index: int, wide: int) -> Node:
        inside = module(
            f"{index}.inner", "Sequential", children=(linear(f"{index}.inner.0", ROWS, 16, wide),)
        )
        return module(str(index), "Block", children=(inside,))

    assert names(row_of(sequential(block(0, 16), block(1, 17)), View())) == ["0", "1"]


def test_nothing_is_folded_on_request():
    root = sequential(*(linear(str(index), ROWS, 16, 16) for index in range(3)))
    assert names(row_of(root, View(fold=False))) == ["0", "1", "2"]


def test_depth_cuts_the_tree_and_not_the_figures():
    report = SAMPLES["language_model"]
    whole, cut = (row_of(report.profile.root, View(depth=depth)) for depth in (None, 1))
    assert names(cut) == ["model", "head"]
    assert all(not child.children for child in cut.children)
    assert [child.cost for child in cut.children] == [child.cost for child in whole.children]


def test_depth_zero_is_the_model_alone():
    assert row_of(SAMPLES["language_model"].profile.root, View(depth=0)).children == ()


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_level_adds_up_to_the_row_above(name, fold):
    for row in walk(row_of(SAMPLES[name].profile.root, View(fold=fold))):
        if row.children:
            assert sum((child.cost for child in row.children), Cost()) == row.cost
            assert sum(child.params for child in row.children) == row.params


@given(sizes=st.lists(st.integers(1, 3), min_size=1, max_size=12))
def test_folding_never_changes_a_sum(sizes):
    root = sequential(
        *(linear(str(index), ROWS, 4, size, params=4 * size) for index, size in enumerate(sizes))
    )
    row = row_of(root, View())
    assert sum(child.cost.macs for child in row.children) == 8 * 4 * sum(sizes)
    assert sum(child.params for child in row.children) == 4 * sum(sizes)


def test_work_of_a_module_itself_is_a_row_beside_its_children():
    own = Cost(other_flops=100)
    root = module("", "Residual", own=own, children=(linear("0", ROWS, 4, 4),))
    last = row_of(root, View()).children[-1]
    assert (last.name, last.kind, last.cost) == (OWN_NAME, "own", own)


def test_a_module_without_children_has_no_row_for_its_own_work():
    assert row_of(linear("", ROWS, 4, 4), View()).children == ()


def test_a_module_that_never_ran_is_shown_if_it_holds_parameters():
    root = sequential(
        linear("used", ROWS, 4, 4),
        module("spare", "Linear", calls=0, params=16),
        module("dropout", "Dropout", calls=0),
    )
    used, spare = row_of(root, View()).children[:2]
    assert names(row_of(root, View())) == ["used", "spare"]
    assert (used.ran, used.times) == (True, "")
    assert (spare.ran, spare.times) == (False, "×0")


def test_what_is_inside_a_module_that_never_ran_is_not_shown():
    spare = module(
        "spare", "Head", calls=0, children=(module("spare.0", "Linear", calls=0, params=16),)
    )
    row = row_of(sequential(linear("used", ROWS, 4, 4), spare), View()).children[1]
    assert (row.params, row.children) == (16, ())


def test_a_container_that_is_only_looked_into_is_structure():
    layers = module("layers", "ModuleList", calls=0, children=(linear("layers.0", ROWS, 4, 4),))
    row = row_of(sequential(layers), View()).children[0]
    assert (row.ran, row.times, names(row)) == (True, "", ["0"])


def test_a_module_called_three_times_says_so():
    root = sequential(linear("shared", ROWS, 4, 4, calls=3))
    assert row_of(root, View()).children[0].times == "×3"
