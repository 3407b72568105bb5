from __future__ import annotations

import torch
from torch import nn

from flopscope.counters import read
from tests.counters import needs
from tests.models import EXAMPLES, FunctionalOnly, SharedBlock, TakesKeywords

pytestmark = needs("torchprofile")


def test_operators_belong_to_the_module_that_calls_them() -> None:
    reading = read("torchprofile", FunctionalOnly(), (torch.zeros(2, 3, 6, 6),))
    assert reading.operators == {
        "": {
            "_convolution": (2 * 6 * 6) * (3 * 3 * 3 * 8),
            "mean": 2 * 8,
            "matmul": 2 * 8 * 5,
        }
    }


def test_a_shared_module_is_counted_under_each_of_its_callers() -> None:
    reading = read("torchprofile", SharedBlock(), (torch.zeros(3, 4),))
    assert reading.modules["left.0"] == reading.modules["right.0"] == 3 * 4 * 4


def test_an_operator_without_a_rule_is_named() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Softplus(), nn.Softplus())
    reading = read("torchprofile", model, (torch.zeros(3, 4),))
    assert reading.uncounted == {"softplus": 2}
    assert reading.value == 3 * 4 * 4


def test_inputs_by_name_reach_the_model() -> None:
    x = torch.zeros(3, 4)
    reading = read("torchprofile", TakesKeywords(), (x,), {"other": x, "combine": "add"})
    assert reading.value == 2 * 3 * 4 * 4


def test_fused_attention_is_two_products() -> None:
    example = EXAMPLES["Attends"]
    reading = read("torchprofile", example.build(), example.args())
    assert reading.operators["attention"]["scaled_dot_product_attention"] == 2 * (2 * 5 * 5 * 8)
