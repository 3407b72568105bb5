"""An argument of another type than its annotation or its default says is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from flopscope.load.annotated import mistyped
from flopscope.load.arguments import Arguments


def build(
    width: int = 8,
    rate: float = 0.1,
    act: Literal["relu", "gelu"] = "relu",
    sizes: tuple[int, ...] | None = None,
    norm: Callable[[int], object] | None = None,
    plain=3,
    *rest: int,
) -> None: ...


class Net:
    def __init__(self, width: int) -> None: ...


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"width": "a"}, "width is 'a', and is annotated as int"),
        ({"width": 1.5}, "width is 1.5, and is annotated as int"),
        ({"act": "tanh"}, "act is 'tanh', and is annotated as Literal['relu', 'gelu']"),
        ({"sizes": 3}, "sizes is 3, and is annotated as tuple[int, ...] | None"),
        ({"plain": "a"}, "plain is 'a', and its default is 3"),
        (
            {"width": "a", "plain": "b"},
            "width is 'a', and is annotated as int; plain is 'b', and its default is 3",
        ),
    ],
)
def test_an_argument_of_another_type_is_named(given: dict[str, Any], complaint: str) -> None:
    assert mistyped(build, Arguments((), given)).replace("typing.", "") == complaint


@pytest.mark.parametrize(
    "given",
    [
        {"width": 3},
        {"rate": 1},  # an integer does for a float
        {"act": "gelu"},
        {"sizes": [3, 4]},  # and a list, as it is written on a command line, for a tuple
        {"sizes": None},
        {"norm": 3},  # what a callable takes is not looked into
        {"plain": 4},
        {"unheard_of": 4},
    ],
)
def test_an_argument_that_may_do_is_not(given: dict[str, Any]) -> None:
    assert mistyped(build, Arguments((), given)) == ""


def test_a_class_is_asked_for_the_annotations_of_its_constructor() -> None:
    assert mistyped(Net, Arguments(("a",), {})) == "width is 'a', and is annotated as int"
