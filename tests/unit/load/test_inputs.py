from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopscope.errors import InputError
from flopscope.load.inputs import (
    ALIASES,
    DTYPES,
    InputSpec,
    make_inputs,
    parse_dtype,
    parse_shape,
)
from flopscope.records import BITS


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
    assert parse_shape(text).shape == shape


@given(st.lists(st.integers(min_value=1), max_size=6))
def test_a_shape_copied_from_python_is_read_as_it_was(shape: list[int]) -> None:
    assert parse_shape(str(shape)).shape == tuple(shape)


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


@pytest.mark.parametrize("text", ["", "B,3,H,W", "2.5,3", "abc", "1,3,224,224:int64"])
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


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_that_torch_has_means_what_it_means_there(alias: str) -> None:
    ours = getattr(torch, parse_dtype(alias))

    assert getattr(torch, alias, ours) in (ours, getattr(torch.Tensor, alias, None))


@pytest.mark.parametrize("text", ["torch.bfloat16", "bf16", "BF16", " bfloat16 "])
def test_a_dtype_is_read_as_people_write_it(text: str) -> None:
    assert parse_dtype(text) == "bfloat16"


@pytest.mark.parametrize(
    ("text", "meant"), [("float33", "float32"), ("in64", "int64"), ("bflaot16", "bfloat16")]
)
def test_a_misspelt_dtype_is_corrected_in_the_hint(text: str, meant: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_shape("1,3", text)

    assert caught.value.hint == f"did you mean '{meant}'?"


def test_an_unknown_dtype_is_answered_with_all_there_are() -> None:
    with pytest.raises(InputError) as caught:
        parse_dtype("string")

    assert all(dtype in caught.value.hint for dtype in DTYPES)


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_can_be_an_input_and_takes_the_memory_we_say(dtype: str, device: str) -> None:
    (tensor,), _ = make_inputs([InputSpec((2, 3), dtype)], device)

    assert tensor.shape == (2, 3)
    assert tensor.dtype is getattr(torch, dtype)
    assert tensor.element_size() * 8 == BITS[dtype]


def test_named_inputs_are_keywords_and_the_others_keep_their_order() -> None:
    specs = [InputSpec((1,)), InputSpec((2,), name="mask"), InputSpec((3,))]

    positional, keyword = make_inputs(specs, "cpu")

    assert [tensor.shape for tensor in positional] == [(1,), (3,)]
    assert {name: tensor.shape for name, tensor in keyword.items()} == {"mask": (2,)}


def test_a_name_used_twice_is_refused() -> None:
    with pytest.raises(InputError, match="two inputs named 'mask'"):
        make_inputs([InputSpec((1,), name="mask"), InputSpec((2,), name="mask")], "cpu")


@pytest.mark.parametrize("dtype", ["int64", "int32", "bool", "uint8"])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_integers_are_zero_and_known_on_every_device(dtype: str, device: str) -> None:
    (tensor,), _ = make_inputs([InputSpec((4,), dtype)], device)

    assert tensor.tolist() == [0, 0, 0, 0]


def test_floats_have_no_values_on_meta() -> None:
    (tensor,), _ = make_inputs([InputSpec((4,))], "meta")

    assert tensor.is_meta


def test_inputs_are_random_but_the_same_each_time_and_leave_the_random_state_alone() -> None:
    before = torch.get_rng_state()

    (first,), _ = make_inputs([InputSpec((64,))], "cpu")
    (second,), _ = make_inputs([InputSpec((64,))], "cpu")

    assert first.unique().numel() == 64
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("sizes", [(10**20, 2), (10**12, 10**12)])
def test_an_input_beyond_all_memory_is_refused(
    sizes: tuple[int, ...], device: str, dtype: str
) -> None:
    with pytest.raises(InputError, match="cannot make an input of 1000"):
        make_inputs([InputSpec(sizes, dtype)], device)
