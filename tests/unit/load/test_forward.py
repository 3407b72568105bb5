from __future__ import annotations

import pytest
from torch import nn

from flopscope.errors import InputError
from flopscope.load.forward import check_inputs


class Masked(nn.Module):
    def forward(self, x, mask, *, scale=1.0):
        return x * mask * scale


class Anything(nn.Module):
    def forward(self, *tensors, **options):
        return tensors


def test_inputs_that_fit_are_accepted():
    check_inputs(Masked().forward, (1, 2), {})
    check_inputs(Masked().forward, (1,), {"mask": 2})
    check_inputs(Anything().forward, (1, 2, 3), {"x": 4})


def test_a_missing_input_is_named_and_the_hint_gives_a_shape_for_each():
    with pytest.raises(InputError) as caught:
        check_inputs(Masked().forward, (1,), {})
    message = "Masked.forward(x, mask, *, scale=1.0) got 1 input and needs 'mask'"
    assert caught.value.message == message
    assert caught.value.hint.count("--shape") == 2


def test_too_many_inputs_are_refused():
    with pytest.raises(InputError, match="cannot take 3 inputs: too many positional arguments"):
        check_inputs(Masked().forward, (1, 2, 3), {})
