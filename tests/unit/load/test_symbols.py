"""Letters in shapes are symbols: found, given roles, and replaced by numbers."""

from __future__ import annotations

import pytest

from flopscope.errors import InputError, UsageError
from flopscope.load.shapes import parse_shape
from flopscope.load.symbols import closed, parse_vary, symbols_of
from flopscope.request import GivenInputs, OpenRequest, Request


def opened(
    *shapes: str,
    arguments: tuple[str, ...] = (),
    structures: tuple[str, ...] = (),
    function: str | None = None,
    batch: str | None = None,
    seq: str | None = None,
    **vary: tuple[int, ...],
) -> OpenRequest:
    inputs = GivenInputs(shapes, structures, function=function)
    return OpenRequest(Request("net:Net", arguments, inputs=inputs), batch, seq, vary)


def roles(open_request: OpenRequest) -> dict[str, str]:
    return {symbol.name: symbol.role for symbol in symbols_of(open_request)}


def test_a_letter_has_the_role_of_its_place() -> None:
    assert roles(opened("B,3,H,W")) == {"B": "samples", "H": "side", "W": "side"}
    assert roles(opened("ids:B,S:int64@0..9")) == {"B": "samples", "S": "size"}
    assert roles(opened("[B, 3]")) == {"B": "samples"}


def test_names_and_element_types_are_no_letters() -> None:
    assert roles(opened(structures=("{boxes:[N,4], labels:[N]:int64}",))) == {"N": "size"}


def test_a_letter_stands_for_samples_and_tokens_of_known_inputs() -> None:
    assert roles(opened(batch="B", seq="S")) == {"B": "samples", "S": "size"}
    request = closed(opened(batch="B", seq="S"), {"B": 2, "S": 5})
    assert (request.inputs.batch, request.inputs.seq) == (2, 5)


def test_letters_become_numbers_wherever_they_stand() -> None:
    open_request = opened("ids:B,S:int64@0..9", "x:[B, 3,S]", structures=("boxes=[[S,4],[B,4]]",))
    inputs = closed(open_request, {"B": 2, "S": 7}).inputs
    assert inputs.shapes == ("ids:2,7:int64@0..9", "x:[2, 3,7]")
    assert inputs.structures == ("boxes=[[7,4],[2,4]]",)


def test_a_name_that_is_no_letter_is_an_argument_of_the_constructor() -> None:
    request = closed(opened("B,8", depth=(2, 4)), {"B": 1, "depth": 4})
    assert request.arguments == ("depth=4",)


def test_with_a_function_for_inputs_it_is_a_parameter_of_that() -> None:
    request = closed(opened(function="net:inputs", past=(2, 4)), {"past": 4})
    assert request.arguments == ()
    assert request.inputs.sizes == {"past": 4}


def test_a_letter_may_be_a_size_and_an_argument() -> None:
    open_request = opened("4,W", arguments=("width=W", "act=relu"), W=(8, 16))
    request = closed(open_request, {"W": 16})
    assert request.inputs.shapes == ("4,16",)
    assert request.arguments == ("width=16", "act=relu")


def test_without_a_letter_there_is_nothing_to_vary() -> None:
    with pytest.raises(UsageError, match="no size is open"):
        symbols_of(opened("1,3,224,224"))


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("R=128..512:128", (128, 256, 384, 512)),
        ("R=1..4", (1, 2, 3, 4)),
        ("R=8,1", (1, 8)),
        ("R=1,8..24:8,8", (1, 8, 16, 24)),
        ("R=7", (7,)),
        ("R=1..10:4", (1, 5, 9)),
    ],
)
def test_sizes_are_listed_or_spaced(text: str, sizes: tuple[int, ...]) -> None:
    assert parse_vary([text]) == {"R": sizes}


@pytest.mark.parametrize("text", ["R", "R=", "=1", "R=0", "R=5..1", "R=1..5:0", "R=a", "R=1,,2"])
def test_sizes_that_cannot_be_meant_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the sizes"):
        parse_vary([text])


def test_sizes_of_one_name_are_given_once() -> None:
    with pytest.raises(UsageError, match="given twice"):
        parse_vary(["R=1", "R=2"])


@pytest.mark.parametrize("text", ["B,3,224,224", "ids:B,S:int64", "1,C"])
def test_where_numbers_are_wanted_letters_are_refused_with_a_hint_at_formulas(text: str) -> None:
    with pytest.raises(InputError, match="sizes are numbers here") as caught:
        parse_shape(text)
    assert "flopscope formula" in caught.value.hint
