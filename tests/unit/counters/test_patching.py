"""calflops and DeepSpeed, which patch the same functions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.counters import read
from tests.counters import needs, parameters
from tests.models import EXAMPLES, SharedBlock

BOTH = parameters(["calflops", "deepspeed"])


@pytest.mark.parametrize("counter", BOTH)
def test_flops_are_two_per_mac_and_one_per_activation_and_macs_are_beside(counter: str) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
    reading = read(counter, model, (torch.zeros(3, 4),))
    assert (reading.unit, reading.value) == ("FLOPs", 2 * 3 * 4 * 8 + 3 * 8)
    assert reading.stated_macs == 3 * 4 * 8
    assert reading.operators == {"0": {"linear": 2 * 3 * 4 * 8}, "1": {"relu": 3 * 8}}


@pytest.mark.parametrize("counter", BOTH)
def test_a_recurrent_layer_has_flops_and_no_macs(counter: str) -> None:
    example = EXAMPLES["Recurrent"]
    reading = read(counter, example.build(), example.args())
    assert reading.stated_macs == (2 * 5) * 16 * 2  # the head's
    assert reading.operators.keys() == {"lstm", "head"}
    assert reading.operators["lstm"].keys() == {"LSTM"}


@pytest.mark.parametrize("counter", parameters(["calflops"]))
def test_calflops_adds_a_shared_module_for_each_parent_with_all_its_calls(counter: str) -> None:
    reading = read(counter, SharedBlock(), (torch.zeros(3, 4),))
    both_calls = 2 * (2 * 3 * 4 * 4)
    assert reading.operators["left.0"] == reading.operators["right.0"] == {"linear": both_calls}


@pytest.mark.parametrize("counter", parameters(["deepspeed"]))
def test_deepspeed_adds_a_shared_module_once_with_all_its_calls(counter: str) -> None:
    reading = read(counter, SharedBlock(), (torch.zeros(3, 4),))
    assert reading.operators["left.0"] == {"linear": 2 * (2 * 3 * 4 * 4)}
    assert "right.0" not in reading.operators


@pytest.mark.parametrize(
    ("counter", "products"),
    [
        pytest.param("calflops", 0, marks=needs("calflops")),
        pytest.param("deepspeed", 2, marks=needs("deepspeed")),
    ],
)
def test_only_deepspeed_sees_fused_attention(counter: str, products: int) -> None:
    example = EXAMPLES["Attends"]
    reading = read(counter, example.build(), example.args())
    attention = reading.operators["attention"].get("scaled_dot_product_attention", 0)
    assert attention == products * 2 * (2 * 5 * 5 * 8)
