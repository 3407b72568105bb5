"""What happened to a model between two reports: which modules came, went, moved or changed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.difference import Change, Difference, difference
from flopscope.analysis.verdicts import verdict
from flopscope.analysis.written import Counts, Layer, Written
from flopscope.records import Scope

Own = Mapping[Scope, tuple[str, int]]
"""By scope, parents first: a module's type and its own FLOPs."""

NET: Own = {
    "": ("Net", 0),
    "stem": ("Conv2d", 100),
    "block": ("Sequential", 0),
    "block.0": ("Linear", 40),
    "block.1": ("ReLU", 4),
    "head": ("Linear", 10),
}


def counts(flops: int) -> Counts:
    return Counts(params=flops // 2, macs=flops // 2, flops=flops, bytes_moved=flops)


def written(own: Own, memory: int | None = None) -> Written:
    layers = []
    for scope, (kind, flops) in own.items():
        inside = (
            figure
            for other, (_, figure) in own.items()
            if not scope or other == scope or other.startswith(f"{scope}.")
        )
        layers.append(Layer(scope, kind, 1, counts(sum(inside)), counts(flops), None, None, None))
    versions = {"flopscope": "1", "torch": "2"}
    return Written("x", "pkg:Net", "", (), versions, tuple(layers), 0, memory, None, None)


def between(before: Own, after: Own) -> Difference:
    return difference(written(before), written(after))


def told(found: Difference) -> list[tuple[str, Scope | None, Scope | None]]:
    return [
        (change.kind, change.before and change.before.scope, change.after and change.after.scope)
        for change in found.changes
    ]


def renamed(own: Own, old: Scope, new: Scope) -> Own:
    return {
        new + scope[len(old) :] if scope.startswith(old) else scope: v for scope, v in own.items()
    }


def test_nothing_differs_between_a_report_and_itself() -> None:
    assert between(NET, NET).is_empty


def test_a_block_under_a_new_name_is_one_renaming_and_no_work() -> None:
    found = between(NET, renamed(NET, "block", "body"))

    assert told(found) == [("renamed", "block", "body")]
    assert not found.costliest


def test_a_block_that_was_renamed_and_changed_is_still_the_same_block() -> None:
    after = {**renamed(NET, "block", "body"), "body.0": ("Linear", 60)}

    assert told(between(NET, after)) == [
        ("renamed", "block", "body"),
        ("changed", "block.0", "body.0"),
    ]


def test_a_module_that_comes_or_goes_counts_with_all_inside_it() -> None:
    less = {scope: each for scope, each in NET.items() if not scope.startswith("block")}

    (gone,) = between(NET, less).changes
    assert (gone.kind, gone.scope, gone.counts[0].flops) == ("removed", "block", 40 + 4)
    (come,) = between(less, NET).changes
    assert (come.kind, come.scope, come.counts[1].flops) == ("added", "block", 40 + 4)


def test_a_module_that_moved_elsewhere_was_renamed() -> None:
    after = {scope: each for scope, each in NET.items() if scope != "head"}
    after["block.head"] = NET["head"]

    assert told(between(NET, after)) == [("renamed", "head", "block.head")]


def test_another_type_under_the_same_name_is_a_change() -> None:
    after = {**NET, "block.1": ("GELU", 20)}

    assert told(between(NET, after)) == [("changed", "block.1", "block.1")]


def test_what_is_put_in_front_of_a_list_moves_the_others_and_changes_none() -> None:
    after = {
        **NET,
        "block.0": ("AvgPool2d", 6),
        "block.1": NET["block.0"],
        "block.2": NET["block.1"],
    }

    assert told(between(NET, after)) == [
        ("added", None, "block.0"),
        ("renamed", "block.0", "block.1"),
        ("renamed", "block.1", "block.2"),
    ]
    dearer = {**after, "block.1": ("Linear", 60)}
    assert told(between(NET, dearer))[1] == ("changed", "block.0", "block.1")


def test_the_costliest_change_is_first() -> None:
    after = {**NET, "head": ("Linear", 12), "stem": ("Conv2d", 50)}

    assert [change.scope for change in between(NET, after).costliest] == ["stem", "head"]


NAMES = st.sampled_from(["a", "b", "c", "d"])
KINDS = st.sampled_from(["Linear", "Conv2d", "ReLU"])
FIGURES = st.integers(min_value=0, max_value=50).map(lambda figure: 2 * figure)


@st.composite
def models(draw: st.DrawFn) -> Own:
    own: dict[Scope, tuple[str, int]] = {"": ("Net", draw(FIGURES))}
    for outer in draw(st.lists(NAMES, unique=True)):
        own[outer] = draw(KINDS), draw(FIGURES)
        for inner in draw(st.lists(NAMES, unique=True)):
            own[f"{outer}.{inner}"] = draw(KINDS), draw(FIGURES)
    return own


def flops_added(change: Change) -> int:
    before, after = change.counts
    return after.flops - before.flops


@given(models(), models())
def test_the_changes_add_up_to_what_the_model_changed_by(before: Own, after: Own) -> None:
    found = between(before, after)
    whole = found.after.model.counts.flops - found.before.model.counts.flops

    assert sum(map(flops_added, found.changes)) == whole


def test_a_budget_is_kept_up_to_its_limit() -> None:
    found = verdict("net", written(NET, memory=1000), {"flops": 154, "memory": 999})

    assert [(check.figure, check.is_kept) for check in found.checks] == [
        ("flops", True),
        ("memory", False),
    ]
    assert not found.is_kept


def test_growth_is_held_against_the_baseline_and_blamed_on_what_grew() -> None:
    after = {**NET, "head": ("Linear", 40)}
    found = verdict("net", written(after), {}, growth=0.1, baseline=written(NET))
    broken = {check.figure: check for check in found.checks if not check.is_kept}

    assert broken["flops"].limit == pytest.approx(154 * 1.1)
    assert broken["flops"].blamed == (("head", 40 - 10),)


def test_without_a_baseline_growth_is_a_note() -> None:
    found = verdict("net", written(NET), {}, growth=0.01)

    assert found.is_kept
    assert "--update-baseline" in found.notes[0]


def test_without_a_baseline_the_dearest_modules_are_to_blame() -> None:
    (check,) = verdict("net", written(NET), {"flops": 100}).checks

    assert check.blamed == (("stem", 100), ("block.0", 40), ("head", 10))
