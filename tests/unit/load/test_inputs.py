"""Tensors described by shape to tensors on a device."""

from __future__ import annotations

import pytest
import torch

from flopscope.dtypes import BITS
from flopscope.errors import InputError
from flopscope.load.inputs import (
    ALIASES,
    DTYPES,
    Inputs,
    InputSpec,
    as_inputs,
    parse_dtype,
    rebatched,
    retyped,
)


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
        parse_dtype(text)

    assert caught.value.hint == f"did you mean '{meant}'?"


def test_an_unknown_dtype_is_answered_with_all_there_are() -> None:
    with pytest.raises(InputError) as caught:
        parse_dtype("string")

    assert all(dtype in caught.value.hint for dtype in DTYPES)


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_can_be_an_input_and_takes_the_memory_we_say(dtype: str, device: str) -> None:
    tensor = InputSpec((2, 3), dtype).make(device)

    assert tensor.shape == (2, 3)
    assert tensor.dtype is getattr(torch, dtype)
    assert tensor.element_size() * 8 == BITS[dtype]


@pytest.mark.parametrize("dtype", ["int64", "int32", "bool", "uint8"])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_integers_are_zero_and_known_on_every_device(dtype: str, device: str) -> None:
    tensor = InputSpec((4,), dtype).make(device)

    assert tensor.tolist() == [0, 0, 0, 0]


def test_floats_have_no_values_on_meta() -> None:
    tensor = InputSpec((4,)).make("meta")

    assert tensor.is_meta


def test_inputs_are_random_but_the_same_each_time_and_leave_the_random_state_alone() -> None:
    before = torch.get_rng_state()

    first, second = InputSpec((64,)).make("cpu"), InputSpec((64,)).make("cpu")

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
        InputSpec(sizes, dtype).make(device)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_integers_are_drawn_from_a_range_without_its_end(device: str) -> None:
    drawn = InputSpec((1000,), "int64", low=-1, high=2).make(device)

    assert drawn.unique().tolist() == [-1, 0, 1]
    assert drawn.device.type == "cpu"


def test_floats_are_drawn_evenly_from_a_range() -> None:
    drawn = InputSpec((1000,), "float32", low=2, high=4).make("cpu")

    assert 2 <= float(drawn.min()) < 2.1
    assert 3.9 < float(drawn.max()) < 4


def test_inputs_are_made_wherever_they_stand_for_tensors() -> None:
    nested = Inputs(
        ([InputSpec((2,)), {"mask": InputSpec((3,), "bool")}],),
        {"scale": 2.0, "given": torch.ones(4), "shape_only": torch.empty(5, device="meta")},
    )

    ((first, mapping),), keyword = nested.on("cpu")

    assert (first.shape, mapping["mask"].dtype) == ((2,), torch.bool)
    assert keyword["scale"] == 2.0
    assert torch.equal(keyword["given"], torch.ones(4))
    assert keyword["shape_only"].shape == (5,)
    assert not keyword["shape_only"].is_meta


@pytest.mark.parametrize(
    ("value", "args", "kwargs"),
    [
        (1, (1,), {}),
        ([1, 2], ([1, 2],), {}),
        ((1, 2), (1, 2), {}),
        ({"x": 1}, (), {"x": 1}),
        (((1,), {"x": 2}), (1,), {"x": 2}),
        (([1, 2], {"x": 3}), (1, 2), {"x": 3}),
        ((1, {"x": 2}), (1, {"x": 2}), {}),
    ],
)
def test_what_a_function_returns_is_read_as_arguments(value, args, kwargs) -> None:
    inputs = as_inputs(value)

    assert (inputs.args, dict(inputs.kwargs)) == (args, kwargs)


def test_another_batch_changes_the_first_size_of_everything_that_has_it() -> None:
    given = Inputs(
        (InputSpec((2, 3)), torch.arange(2), InputSpec((5,)), InputSpec(())), {"flag": True}
    )

    changed = rebatched(given, 4)

    spec, tensor, other, scalar = changed.args
    assert spec.shape == (4, 3)
    assert tensor.tolist() == [0, 1, 0, 1]
    assert (other.shape, scalar.shape, changed.kwargs["flag"]) == ((5,), (), True)


def test_another_type_is_that_of_floats_alone() -> None:
    given = Inputs((InputSpec((2,)), InputSpec((2,), "int64"), torch.ones(2), torch.arange(2)))

    spec, ids, tensor, numbers = retyped(given, "bfloat16").args

    assert (spec.dtype, ids.dtype) == ("bfloat16", "int64")
    assert (tensor.dtype, numbers.dtype) == (torch.bfloat16, torch.int64)
