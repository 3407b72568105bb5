"""Other inputs are written as they would be typed, in the place of what was given or known."""

from __future__ import annotations

import pytest

from flopscope.advice import LONGEST_HINT, as_options, in_words
from flopscope.load.inputs import Inputs, InputSpec
from flopscope.records import TensorSpec
from flopscope.request import GivenInputs
from flopscope.trace.diagnosis import NewInput

TYPED = GivenInputs(shapes=("as typed",))


def new(*shape, dtype="float32", below=None):
    return NewInput(TensorSpec(shape, dtype), below)


def test_what_fits_is_repeated_beside_what_changes():
    inputs = Inputs(
        (InputSpec((1, 4)), InputSpec((1, 8), "int64", 0, 50)), {"mask": InputSpec((), "bool")}
    )

    options = as_options({"0": new(1, 3)}, TYPED, inputs)

    assert options == "try --shape 1,3 --shape 1,8:int64@0..50 --shape mask:[]:bool"


def test_arguments_that_are_no_tensors_are_left_as_they_were_given():
    inputs = Inputs((InputSpec((1, 4)),), {"use_cache": False})

    assert as_options({"0": new(1, 3)}, TYPED, inputs) == "try --shape 1,3"


def test_numbers_below_a_bound_are_drawn_from_a_range():
    inputs = Inputs((InputSpec((1, 128), "int64", 0, 512),))

    remedy = {"0": new(1, 128, dtype="int64", below=100)}

    assert as_options(remedy, TYPED, inputs) == "try --shape 1,128:int64@0..100"


def test_a_range_of_whole_numbers_is_not_kept_for_another_type():
    inputs = Inputs((InputSpec((1, 3), "int64", 0, 9),))

    assert as_options({"0": new(1, 3)}, TYPED, inputs) == "try --shape 1,3"


def test_a_type_that_every_input_has_is_not_repeated():
    given = GivenInputs(shapes=("1,4",), dtype="bfloat16")
    inputs = Inputs((InputSpec((1, 4), "bfloat16"),))

    assert as_options({"0": new(1, 3, dtype="bfloat16")}, given, inputs) == "try --shape 1,3"


def test_only_what_changes_is_written_where_the_line_would_be_long():
    inputs = Inputs((), {f"input_{place}": InputSpec((1, 128)) for place in range(9)})

    options = as_options({"input_3": new(1, 64)}, TYPED, inputs)

    assert options == "try --shape input_3:1,64"
    assert len(options) < LONGEST_HINT


@pytest.mark.parametrize(
    ("after", "options"),
    [
        ((1, 512), "try --seq 512"),
        ((2, 512), "try --shape ids:2,512:int64"),  # the batch changes, too
        ((1, 600, 1), "try --shape ids:1,600,1:int64"),
    ],
)
def test_a_shorter_sequence_is_asked_for_where_its_length_was(after, options):
    inputs = Inputs((), {"ids": InputSpec((1, 600), "int64")})

    remedy = {"ids": new(*after, dtype="int64")}

    assert as_options(remedy, GivenInputs(seq=600), inputs) == options


def test_another_batch_is_asked_for_where_it_was_given():
    inputs = Inputs((InputSpec((1, 4)), InputSpec((1,), "int64")))
    remedy = {"0": new(4, 4), "1": new(4, dtype="int64")}

    assert as_options(remedy, GivenInputs(("1,4", "1:int64"), batch=1), inputs) == "try --batch 4"


@pytest.mark.parametrize(
    "given", [GivenInputs(structures=("[[3,8,8]]",)), GivenInputs(function="mypkg:inputs")]
)
def test_inputs_that_no_shape_can_say_are_put_in_words(given):
    inputs = Inputs((InputSpec((1, 4)),))

    assert as_options({"0": new(1, 3)}, given, inputs) == "it takes an input of 1×3 float32"


def test_words_name_what_has_a_name_and_the_numbers_that_do():
    remedy = {"ids": new(1, 8, dtype="int64", below=100), "scale": new()}

    assert in_words(remedy) == (
        "it takes ids of 1×8 int64 with numbers from 0 to 99 and scale of a scalar float32"
    )
