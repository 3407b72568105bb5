"""Operators with the modules they ran in become calls of modules, with what each takes."""

from __future__ import annotations

import operator
from typing import Any

from flopscope.replay.bodies import Body, Call, Entry, Ref, Step, body_of


def step(name: str, *args: Any, path: tuple[str, ...] = (), floats: bool = False) -> Step:
    """A step inside calls named by their keys: ``"a@1"`` is the second of module ``a``."""
    entries = tuple(Entry(key, key.partition("@")[0]) for key in path)
    refs = tuple(map(Ref, args))
    return Step(name, operator.add, refs, path=entries, floats=floats)


def outline(body: Body) -> list[Any]:
    """Names of operators, and of modules with what is in them."""
    return [
        made.name if isinstance(made, Step) else (made.scope, outline(made.body))
        for made, _ in body.does
    ]


def calls(body: Body) -> list[Call]:
    return [made for made, _ in body.does if isinstance(made, Call)]


def test_neighbours_in_a_module_are_one_call_of_it() -> None:
    steps = [
        step("a1", "x", path=("a",)),
        step("a2", "a1", path=("a", "a.b")),
        step("own", "a2"),
    ]

    body = body_of(steps, ["x"], (Ref("own"),))

    assert outline(body) == [("a", ["a1", ("a.b", ["a2"])]), "own"]


def test_calls_are_told_apart_by_their_keys() -> None:
    steps = [step("one", "x", path=("relu",)), step("two", "one", path=("relu@1",))]

    assert outline(body_of(steps, ["x"], (Ref("two"),))) == [("relu", ["one"]), ("relu", ["two"])]


def test_a_call_takes_what_is_made_outside_and_gives_what_is_needed_there() -> None:
    steps = [
        step("before", "x"),
        step("inside", "before", "x", path=("a",)),
        step("kept", "inside", path=("a",)),
        step("after", "kept", "before"),
    ]

    (call,) = calls(body_of(steps, ["x"], (Ref("after"),)))

    assert call.body.takes == ("before", "x")
    assert call.body.gives == (Ref("kept"),)


def test_reading_a_size_does_not_part_a_call() -> None:
    steps = [
        step("one", "x", path=("a",)),
        step("size", "x", floats=True),
        step("two", "one", "size", path=("a",)),
        step("last", "x", floats=True),
    ]

    body = body_of(steps, ["x"], (Ref("two"), Ref("last")))

    assert outline(body) == [("a", ["one", "size", "two"]), "last"]


def test_a_value_is_let_go_of_after_its_last_use() -> None:
    steps = [step("one", "x"), step("two", "one"), step("three", "two", "two")]

    body = body_of(steps, ["x"], (Ref("three"),))

    assert [dead for _, dead in body.does] == [("x",), ("one",), ("two",)]


def test_what_nobody_needs_is_let_go_of_at_once() -> None:
    body = body_of([step("unused", "x"), step("used", "x")], ["x"], (Ref("used"),))

    assert [dead for _, dead in body.does] == [("unused",), ("x",)]
