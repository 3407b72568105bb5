from __future__ import annotations

import torch
from torch import nn

from flopscope.counters import read
from flopscope.measurements import Reading
from tests.models import EXAMPLES, FunctionalOnly, SharedBlock


def reading_of(model: nn.Module, *args: torch.Tensor) -> Reading:
    return read("torch", model, args)


def test_a_mac_is_two_flops_and_nothing_else_is_any() -> None:
    reading = reading_of(nn.Sequential(nn.Linear(4, 8), nn.ReLU()), torch.zeros(3, 4))
    assert (reading.unit, reading.value, reading.macs) == ("FLOPs", 2 * 3 * 4 * 8, 3 * 4 * 8)
    assert reading.operators == {"0": {"aten.addmm": 2 * 3 * 4 * 8}}
    assert reading.modules == {"": 2 * 3 * 4 * 8, "0": 2 * 3 * 4 * 8}
    assert reading.uncounted["aten.relu"] == 1
    assert reading.params is None


def test_functions_belong_to_the_module_that_calls_them() -> None:
    reading = reading_of(FunctionalOnly(), torch.zeros(2, 3, 6, 6))
    assert reading.operators == {
        "": {
            "aten.convolution": 2 * (2 * 6 * 6) * (3 * 3 * 3 * 8),
            "aten.mm": 2 * 2 * 8 * 5,
        }
    }


def test_a_shared_module_is_counted_under_each_of_its_callers() -> None:
    reading = reading_of(SharedBlock(), torch.zeros(3, 4))
    once = 2 * 3 * 4 * 4
    assert reading.modules == {
        "": 2 * once,
        "left": once,
        "left.0": once,
        "right": once,
        "right.0": once,
    }


def test_the_kernel_of_an_lstm_is_named_as_uncounted() -> None:
    example = EXAMPLES["Recurrent"]
    reading = reading_of(example.build(), *example.args())
    head = 2 * (2 * 5) * 16 * 2
    assert reading.modules == {"": head, "head": head}
    assert "aten.mkldnn_rnn_layer" in reading.uncounted
