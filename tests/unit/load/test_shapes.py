"""The grammar of shapes and of structures of tensors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.errors import InputError
from flopscope.load.inputs import InputSpec
from flopscope.load.shapes import parse_shape, parse_structure


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("2,384,32,32", (2, 384, 32, 32)),
        ("2x384x32x32", (2, 384, 32, 32)),
        ("2X384", (2, 384)),
        (" 2, 384 ", (2, 384)),
        ("[2, 384]", (2, 384)),
        ("(2,384)", (2, 384)),
        ("7", (7,)),
        ("[]", ()),
        ("()", ()),
    ],
)
def test_a_shape_is_sizes_between_commas_or_crosses(text: str, shape: tuple[int, ...]) -> None:
    assert parse_shape(text) == (None, InputSpec(shape))


@given(st.lists(st.integers(min_value=1), max_size=6))
def test_a_shape_copied_from_python_is_read_as_it_was(shape: list[int]) -> None:
    assert parse_shape(str(shape))[1].shape == tuple(shape)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2 384 32", "2,384,32"),
        ("2,,3", "2,3"),
        ("2,3,", "2,3"),
        ("[2,3", "2,3"),
        ("2*3*4", "2,3,4"),
        ("2x3,4", "2,3,4"),
        ("1;3;4", "1,3,4"),
    ],
)
def test_a_mistyped_shape_is_corrected_in_the_hint(text: str, meant: str) -> None:
    with pytest.raises(InputError, match="cannot read the shape") as caught:
        parse_shape(text)

    assert caught.value.hint == f"did you mean '{meant}'?"


@pytest.mark.parametrize("text", ["", "2.5,3", "abc", "a:b:c:d", "x:"])
def test_a_shape_beyond_correction_gets_an_example(text: str) -> None:
    with pytest.raises(InputError, match="cannot read the shape") as caught:
        parse_shape(text)

    assert "1,3,224,224" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "fault"),
    [("-1,3", "negative size"), ("1,-3", "negative size"), ("0,3", "size of 0"), ("[00]", "of 0")],
)
def test_a_size_must_be_positive(text: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        parse_shape(text)


@pytest.mark.parametrize(
    ("text", "name", "spec"),
    [
        ("image:[1,3,224,224]", "image", InputSpec((1, 3, 224, 224))),
        ("mask:1,128:bool", "mask", InputSpec((1, 128), "bool")),
        ("t:[]:int64", "t", InputSpec((), "int64")),
        ("1x3:bf16", None, InputSpec((1, 3), "bfloat16")),
        ("ids:1,128:int64@0..50257", "ids", InputSpec((1, 128), "int64", 0, 50257)),
        ("4@-1..1", None, InputSpec((4,), "float32", -1, 1)),
        (" x : 2 , 3 : long ", "x", InputSpec((2, 3), "int64")),
    ],
)
def test_a_shape_may_have_a_name_a_type_and_a_range(text, name, spec) -> None:
    assert parse_shape(text) == (name, spec)


def test_a_type_in_the_text_goes_before_the_one_for_all() -> None:
    assert parse_shape("2,3:bool", "int64")[1].dtype == "bool"
    assert parse_shape("2,3", "int64")[1].dtype == "int64"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2:int64@5", "cannot read the range '@5'"),
        ("2:int64@0..x", "cannot read the range"),
        ("2:int64@3..3", "is empty"),
        ("2:int64@0..1.5", "has a fraction"),
        ("2:flaot32", "no dtype 'flaot32'"),
    ],
)
def test_a_range_or_a_type_that_cannot_be_meant_is_refused(text, fault) -> None:
    with pytest.raises(InputError, match=fault):
        parse_shape(text)


FLOAT, IDS = InputSpec((4, 4)), InputSpec((5,), "int64", 0, 90)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("x=[4,4]", "x", FLOAT),
        ("[4,4]", None, FLOAT),
        ("x=[]", "x", InputSpec(())),
        ("x=[[4,4]]", "x", [FLOAT]),
        ("x=([4,4],[4,4])", "x", (FLOAT, FLOAT)),
        ("x=([4,4],)", "x", (FLOAT,)),
        ("x=[[[4,4]],[[4,4],[4,4]]]", "x", [[FLOAT], [FLOAT, FLOAT]]),
        ("x=[{b:[4,4], l:[5]:int64@0..90}]", "x", [{"b": FLOAT, "l": IDS}]),
        ("x={'a': {'b': [5]}:int64}@0..90", "x", {"a": {"b": IDS}}),
        ("x=[[5],[5]]:int64@0..90", "x", [IDS, IDS]),
        ("x=[[5]:int64@0..90,[5]:bool]:bf16", "x", [IDS, InputSpec((5,), "bool")]),
    ],
)
def test_a_structure_is_lists_tuples_and_mappings_of_shapes(text, name, value) -> None:
    assert parse_structure(text) == (name, value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it ends too early"),
        ("x=", "it ends too early"),
        ("3,4", "'3' is not expected there"),
        ("[[3,4]", r"'\]' is missing"),
        ("[[3,4))", r"'\]' is missing"),
        ("{boxes}", "not expected there"),
        ("{boxes:4}", "not expected there"),
        ("[2]]", "not expected there"),
        ("[[2]:flaot]", "no dtype 'flaot'"),
        ("[[2,-3]]", "negative size"),
        ("[[0]]", "size of 0"),
    ],
)
def test_a_structure_that_cannot_be_read_says_where(text, fault) -> None:
    with pytest.raises(InputError, match=fault):
        parse_structure(text)


@given(
    st.recursive(
        st.lists(st.integers(1, 9), min_size=1, max_size=3),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2)
        ),
        max_leaves=6,
    )
)
def test_a_structure_written_as_python_would_is_read_as_it_was(value) -> None:
    def meant(part):
        if isinstance(part, dict):
            return {name: meant(inner) for name, inner in part.items()}
        if isinstance(part[0], int):
            return InputSpec(tuple(part))
        return [meant(inner) for inner in part]

    assert parse_structure(str(value)) == (None, meant(value))
