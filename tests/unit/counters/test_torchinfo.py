from __future__ import annotations

import torch
from torch import nn

from flopscope.counters import read
from tests.counters import needs
from tests.models import CalledThreeTimes, RaisesInForward, TakesKeywords

pytestmark = needs("torchinfo")


def test_a_linear_layer_counts_its_parameters_for_each_of_the_first_size_alone() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    reading = read("torchinfo", model, (torch.zeros(3, 7, 4),))
    assert reading.value == 3 * (4 * 8 + 8)  # whatever the 7
    assert reading.operators == {"0": {"Linear": 3 * (4 * 8 + 8)}}
    assert reading.label == "mult-adds"
    assert reading.uncounted == {"ReLU": 1}


def test_a_convolution_counts_them_for_every_position() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, kernel_size=3))
    reading = read("torchinfo", model, (torch.zeros(2, 3, 6, 6),))
    assert reading.modules["0"] == (2 * 4 * 4) * (3 * 3 * 3 * 8 + 8)


def test_every_call_of_a_module_counts() -> None:
    reading = read("torchinfo", CalledThreeTimes(), (torch.zeros(2, 4),))
    assert reading.operators == {"step": {"Linear": 3 * 2 * (4 * 4 + 4)}}


def test_inputs_by_name_reach_the_model() -> None:
    x = torch.zeros(2, 4)
    reading = read("torchinfo", TakesKeywords(), (x,), {"other": x, "combine": "add"})
    assert reading.modules["second"] == 2 * (4 * 4 + 4)


def test_what_the_model_raised_is_told_and_not_that_torchinfo_failed() -> None:
    reading = read("torchinfo", RaisesInForward(), (torch.zeros(2, 4),))
    assert reading.notes == ("ValueError: the model gave up",)
