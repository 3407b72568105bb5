from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.fitting import largest_that_fits, repeated_blocks
from flopscope.costs import Cost
from flopscope.errors import InputError
from flopscope.records import ModuleSpec
from flopscope.tree import Node


@given(
    fixed=st.integers(0, 10**6),
    each=st.integers(1, 10**4),
    bend=st.integers(1, 500),
    steeper=st.integers(0, 10**4),
    limit=st.integers(1, 10**7),
)
def test_the_largest_batch_is_the_last_one_that_fits(
    fixed: int, each: int, bend: int, steeper: int, limit: int
) -> None:
    def nbytes_of(batch: int) -> int:
        return fixed + each * batch + steeper * max(0, batch - bend)

    batch, nbytes = largest_that_fits(nbytes_of, limit)
    if batch is None:
        assert nbytes == nbytes_of(1) > limit
    else:
        assert nbytes == nbytes_of(batch) <= limit < nbytes_of(batch + 1)


def test_a_straight_line_takes_few_trials() -> None:
    tried = []

    def nbytes_of(batch: int) -> int:
        tried.append(batch)
        return 1000 + 7 * batch

    assert largest_that_fits(nbytes_of, 8000) == (1000, 8000)
    assert tried == [1, 2, 1000, 1001]


def test_what_does_not_depend_on_the_batch_is_refused() -> None:
    with pytest.raises(InputError, match="does not depend on the batch"):
        largest_that_fits(lambda _: 10, 100)


def node(scope: str, kind: str, *children: Node) -> Node:
    return Node(ModuleSpec(scope, kind, calls=1), Cost(), children)


def block(scope: str) -> Node:
    return node(scope, "Block", node(f"{scope}.up", "Linear"), node(f"{scope}.down", "Linear"))


def test_the_blocks_that_keep_most_are_named_by_a_pattern_for_each_module_that_holds_them() -> None:
    stages = [
        node(name, "Sequential", block(f"{name}.0"), block(f"{name}.1")) for name in ("a", "b")
    ]
    model = node("", "Net", node("stem", "Conv2d"), *stages, node("head", "Linear"))
    saved = {"stem": 1000, "a.0.up": 10, "b.1.down": 10}
    assert repeated_blocks(model, saved) == ("a.*", "b.*")


def test_blocks_that_are_not_all_of_a_module_are_named_one_by_one() -> None:
    model = node("", "Net", block("first"), node("norm", "LayerNorm"), block("second"))
    assert repeated_blocks(model, {"first.up": 1}) == ("first", "second")


def test_of_blocks_inside_each_other_the_outer_ones_are_meant() -> None:
    inner = [node(f"{name}.inner", "Outer", node(f"{name}.inner.x", "Linear")) for name in "ab"]
    model = node("", "Net", node("a", "Outer", inner[0]), node("b", "Outer", inner[1]))
    assert repeated_blocks(model, {"a.inner.x": 1}) == ("*",)


def test_a_model_that_repeats_nothing_has_no_blocks_to_checkpoint() -> None:
    assert repeated_blocks(node("", "Net", block("only")), {"only.up": 1}) == ()


def test_blocks_that_keep_nothing_are_not_worth_it() -> None:
    assert repeated_blocks(node("", "Net", block("a"), block("b")), {"": 1}) == ()
