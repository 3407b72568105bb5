from __future__ import annotations

import torch
from torch import Tensor, nn

from flopscope.counters import read
from tests.models import SharedBlock


class Scales(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 8)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.linear(x) * 2)


def test_products_of_matrices_and_of_elements_are_counted_where_they_run() -> None:
    reading = read("profiler", Scales(), (torch.zeros(3, 4),))
    assert reading.operators == {
        "": {"aten::mul": 3 * 8},
        "linear": {"aten::addmm": 2 * 3 * 4 * 8},
    }
    assert reading.value == 3 * 8 + 2 * 3 * 4 * 8
    assert reading.uncounted == {"aten::sigmoid": 1}


def test_a_shared_module_is_counted_under_each_of_its_callers() -> None:
    reading = read("profiler", SharedBlock(), (torch.zeros(3, 4),))
    once, added = 2 * 3 * 4 * 4, 3 * 4
    assert reading.modules == {
        "": 2 * once + added,
        "left": once,
        "left.0": once,
        "right": once,
        "right.0": once,
    }


def test_an_odd_figure_has_half_a_mac() -> None:
    reading = read("profiler", AddsOne(), (torch.zeros(3),))
    assert (reading.value, reading.macs) == (3, 1.5)


class AddsOne(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 1
