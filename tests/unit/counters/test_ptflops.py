from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.counters import read
from tests.counters import needs
from tests.models import EXAMPLES, FunctionalOnly, SharedBlock, TakesKeywords

pytestmark = needs("ptflops")

LINEAR = 4 * 8 + 8  # of each row: its weights and a bias for each output


def test_the_aten_backend_adds_a_bias_to_a_product() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    reading = read("ptflops", model, (torch.zeros(3, 4),))
    assert (reading.unit, reading.value) == ("MACs", 3 * LINEAR)
    assert reading.operators == {"0": {"aten.addmm": 3 * LINEAR}}
    assert reading.uncounted["aten.relu"] == 1


def test_the_aten_backend_sees_functions_where_they_run() -> None:
    reading = read("ptflops", FunctionalOnly(), (torch.zeros(2, 3, 6, 6),))
    convolution, product = (2 * 6 * 6) * (3 * 3 * 3 * 8), 2 * 8 * 5
    assert reading.operators == {"": {"aten.convolution": convolution, "aten.mm": product}}


def test_the_pytorch_backend_divides_what_hooks_find_by_the_batch_and_counts_relu_twice() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    reading = read("ptflops-pytorch", model, (torch.zeros(3, 4),))
    # The hook's elements of one sample, and all those of the function that the module calls.
    relu = {"ReLU": 8, "relu": 3 * 8}
    assert reading.operators == {"0": {"Linear": LINEAR}, "1": relu}
    assert reading.value == LINEAR + 8 + 3 * 8
    assert reading.notes == ("what its hooks find is divided by 3, the length of the first input",)


def test_the_pytorch_backend_adds_a_shared_module_for_each_parent() -> None:
    reading = read("ptflops-pytorch", SharedBlock(), (torch.zeros(1, 4),))
    both_calls = 2 * (4 * 4 + 4)
    assert reading.operators["left.0"] == reading.operators["right.0"] == {"Linear": both_calls}


@pytest.mark.parametrize("counter", ["ptflops", "ptflops-pytorch"])
def test_inputs_by_name_reach_the_model(counter: str) -> None:
    x = torch.zeros(1, 4)
    reading = read(counter, TakesKeywords(), (x,), {"other": x, "combine": "add"})
    assert reading.modules["first"] == reading.modules["second"] == 4 * 4 + 4


@pytest.mark.parametrize("counter", ["ptflops", "ptflops-pytorch"])
def test_frozen_parameters_are_left_out(counter: str) -> None:
    example = EXAMPLES["FrozenPart"]
    assert read(counter, example.build(), example.args()).params == 4 * 2 + 2


def test_a_first_input_that_is_no_batch_leaves_no_whole_figures_per_module() -> None:
    model = nn.Sequential(nn.Flatten(0), nn.Linear(15, 1))
    reading = read("ptflops-pytorch", model, (torch.zeros(3, 5),))
    assert reading.value == (15 + 1) // 3  # it drops the rest
    assert reading.operators == {}
    assert "no whole numbers" in reading.notes[0]
