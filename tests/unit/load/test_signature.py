from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import pytest
from torch import nn

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments, parse_call
from flopscope.load.signature import check


def net(planes, norm="group", *, stride=1, activation=nn.ReLU):  # type: ignore[no-untyped-def]
    """A factory with the usual kinds of parameters."""


SIGNATURE = "net(planes, norm='group', *, stride=1, activation=ReLU)"


def refusal(factory: Callable[..., object], call: str) -> TargetError:
    with pytest.raises(TargetError) as caught:
        check(factory, parse_call(call), "pkg:net")
    return caught.value


@pytest.mark.parametrize("call", ["(3)", "(planes=3)", "(3, 'batch', stride=2)"])
def test_arguments_that_fit_pass(call: str) -> None:
    check(net, parse_call(call), "pkg:net")


def test_a_misspelt_argument_is_corrected() -> None:
    error = refusal(net, "(3, strid=2)")

    assert error.message == "net has no argument 'strid'"
    assert error.hint == "did you mean 'stride'?"


def test_an_argument_like_no_other_is_answered_with_the_signature() -> None:
    assert refusal(net, "(3, dropout=2)").hint == f"its signature is {SIGNATURE}"


def test_too_many_arguments_are_answered_with_the_signature() -> None:
    error = refusal(net, "(1, 2, 3)")

    assert error.message == "net: too many positional arguments"
    assert error.hint == f"its signature is {SIGNATURE}"


def test_an_argument_given_by_place_and_by_name_is_refused() -> None:
    assert refusal(net, "(1, planes=2)").message == "net: multiple values for argument 'planes'"


def test_a_missing_argument_is_answered_with_a_command_that_fills_it_in() -> None:
    error = refusal(net, "(stride=2)")

    assert error.message == f"{SIGNATURE} needs 'planes'"
    assert error.hint == 'try: flopscope profile "pkg:net(stride=2, planes=64)" --shape ...'


def test_the_command_for_a_convolution_builds_one() -> None:
    hint = refusal(nn.Conv2d, "()").hint
    call = hint[hint.index("(") : hint.rindex(")") + 1]

    arguments = parse_call(call)

    assert nn.Conv2d(*arguments.positional, **arguments.keyword).kernel_size == (3, 3)  # type: ignore[arg-type]


class Config:
    """An argument nobody can type on a command line."""


@pytest.mark.parametrize(
    ("annotation", "guess"),
    [
        (int, "64"),
        ("int", "64"),
        (int | tuple[int, int], "64"),
        (float | None, "0.1"),
        (bool, "True"),
        (str, "'name'"),
        (list[int], "[64, 64]"),
        (Sequence[int], "[64, 64]"),
        (tuple[int, ...], "(64, 64)"),
        (dict[str, int], "{}"),
        (Literal["gelu", "relu"], "'gelu'"),
        (Config, "..."),
    ],
)
def test_a_missing_value_is_guessed_from_its_annotation(annotation: object, guess: str) -> None:
    def factory(value): ...  # type: ignore[no-untyped-def]

    factory.__annotations__["value"] = annotation

    assert f"(value={guess})" in refusal(factory, "()").hint


def test_a_factory_that_takes_anything_is_given_anything() -> None:
    check(nn.Module, Arguments((1,), {"any": 2}), "torch.nn:Module")


def test_a_callable_without_a_signature_is_left_to_answer_for_itself() -> None:
    check(dict, Arguments((1, 2, 3)), "builtins:dict")
