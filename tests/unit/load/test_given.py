"""What the command line says of inputs, and what the target knows, to a forward's arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from flopscope.errors import InputError, TargetError, UsageError
from flopscope.load.given import candidates, parse_given
from flopscope.load.inputs import Inputs, InputSpec
from flopscope.load.sources import Options, Source
from flopscope.request import GivenInputs

Write = Callable[[str, str], Path]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor, mask=None, *, scale: float = 1.0) -> Any:
        return self.layer(x) * scale


class Tokens(nn.Module):
    def forward(self, input_ids: torch.LongTensor, weights: torch.FloatTensor | None = None) -> Any:
        return input_ids


class Example(Net):
    example_input_array = torch.zeros(3, 6)


def first(given: GivenInputs, model: nn.Module | None = None, **of_source: Any) -> Inputs:
    source = Source("nets:Net", Net, **of_source)
    return next(candidates(given, source, model or Net(), Options()))


def test_positional_inputs_keep_their_order_and_named_ones_are_keywords() -> None:
    given = GivenInputs(shapes=("1", "mask:2:bool", "3"), structures=("boxes=[[4]]", "[[5]]"))

    inputs = parse_given(given)

    assert inputs is not None
    assert inputs.args == (InputSpec((1,)), InputSpec((3,)), [InputSpec((5,))])
    assert inputs.kwargs == {"mask": InputSpec((2,), "bool"), "boxes": [InputSpec((4,))]}


def test_other_arguments_of_forward_are_literals() -> None:
    inputs = parse_given(GivenInputs(shapes=("1,6",), kwargs=("scale=2.0", "dtype=torch.half")))

    assert inputs is not None
    assert inputs.kwargs == {"scale": 2.0, "dtype": torch.half}


@pytest.mark.parametrize(
    "given",
    [
        GivenInputs(shapes=("mask:1", "mask:2")),
        GivenInputs(shapes=("mask:1",), structures=("mask=[1]",)),
        GivenInputs(shapes=("mask:1",), kwargs=("mask=3",)),
    ],
)
def test_a_name_used_twice_is_refused(given: GivenInputs) -> None:
    with pytest.raises(UsageError, match="two inputs named 'mask'"):
        parse_given(given)


def test_a_batch_is_the_first_size_of_every_shape_but_a_scalar() -> None:
    inputs = parse_given(GivenInputs(shapes=("1,6", "t:[]", "mask:1,2"), batch=8))

    assert inputs is not None
    assert inputs.args[0].shape == (8, 6)
    assert (inputs.kwargs["t"].shape, inputs.kwargs["mask"].shape) == ((), (8, 2))


def test_a_type_is_taken_from_forwards_annotation_where_none_is_given() -> None:
    inputs = first(GivenInputs(shapes=("1,6", "weights:1")), Tokens())
    named = first(GivenInputs(shapes=("input_ids:1,6",)), Tokens())
    told = first(GivenInputs(shapes=("1,6",), dtype="float32"), Tokens())

    assert (inputs.args[0].dtype, inputs.kwargs["weights"].dtype) == ("int64", "float32")
    assert named.kwargs["input_ids"].dtype == "int64"
    assert told.args[0].dtype == "float32"


def test_without_shapes_the_source_says_what_its_model_takes() -> None:
    known = Inputs((InputSpec((1, 6)),))

    inputs = first(
        GivenInputs(batch=4, dtype="bf16", kwargs=("scale=3",)), inputs=lambda *_: [known]
    )

    assert inputs.args == (InputSpec((4, 6), "bfloat16"),)
    assert inputs.kwargs == {"scale": 3}


def test_without_a_source_that_knows_the_model_may_say_as_lightnings_do() -> None:
    inputs = first(GivenInputs(), Example())

    assert inputs.args[0].shape == (3, 6)
    assert "example_input_array" in inputs.notes[0]


def test_a_model_that_needs_nothing_is_called_with_nothing() -> None:
    class Constant(nn.Module):
        def forward(self, x=None) -> Any:
            return x

    assert first(GivenInputs(), Constant()) == Inputs()


def test_where_nobody_knows_the_error_lists_what_is_needed_and_options_to_start_from() -> None:
    class Masked(Net):
        def forward(self, x: torch.Tensor, mask, scale=1.0) -> Any:
            return x

    with pytest.raises(InputError) as caught:
        first(GivenInputs(), Masked())

    needed = "Masked.forward needs 'x' (torch.Tensor), 'mask'"
    assert caught.value.message == f"no inputs were given, and {needed}"
    start = "nets:Net --shape 1,6 --shape mask:..."
    assert caught.value.hint == f"start from: {start}"


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Embedding(5, 2), "1,128:int64"),
        (nn.Conv2d(4, 2, 3), "1,4,224,224"),
        (nn.Conv1d(4, 2, 3), "1,4,1000"),
        (nn.LSTM(7, 2), "1,128,7"),
        (nn.ReLU(), "1,3,224,224"),
    ],
)
def test_the_command_to_start_from_goes_with_the_first_layer(layer: nn.Module, shape: str) -> None:
    class Around(Net):
        def __init__(self) -> None:
            nn.Module.__init__(self)
            self.layer = layer

    with pytest.raises(InputError) as caught:
        first(GivenInputs(), Around())

    assert caught.value.hint.endswith(f"--shape {shape}")


def test_a_function_makes_the_inputs(write: Write) -> None:
    write(
        "data.py",
        """
        import torch
        def make(batch_size=2): return (torch.ones(batch_size, 6),), {"scale": 2.0}
        def plain(): return torch.ones(2, 6)
        """,
    )

    made = first(GivenInputs(function="data:make", batch=5))
    plain = first(GivenInputs(function="data:plain", batch=5, kwargs=("scale=4",)))

    assert (made.args[0].shape, made.kwargs) == ((5, 6), {"scale": 2.0})
    assert (plain.args[0].shape, plain.kwargs) == ((5, 6), {"scale": 4})


def test_a_function_that_raises_is_blamed(write: Write) -> None:
    write("data.py", "def make(): return 1 / 0\n")

    with pytest.raises(TargetError, match="making inputs with data:make failed: ZeroDivisionError"):
        first(GivenInputs(function="data:make"))


def test_a_function_makes_all_inputs_or_none() -> None:
    with pytest.raises(UsageError, match="--inputs makes all inputs"):
        parse_given(GivenInputs(shapes=("1,6",), function="data:make"))
