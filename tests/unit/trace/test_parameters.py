"""A call names the parameters it is given, also through views of them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.analysis.active_params import parameters_read
from flopscope.trace import building, trace, trace_real


class Experts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stack = nn.Parameter(torch.zeros(4, 3, 5))
        self.idle = nn.Parameter(torch.zeros(7))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, last = self.stack[0], self.stack[3]
        return x @ first @ last.t() @ first


def names_by_op(traced):
    return [
        (call.operation.op, [use.name for use in call.parameters])
        for call in traced.calls
        if call.parameters
    ]


def test_a_layer_is_given_its_weight_and_bias():
    traced = trace(nn.Sequential(nn.Linear(3, 2)), (torch.zeros(1, 3),))
    assert names_by_op(traced) == [("aten.linear", ["0.weight", "0.bias"])]


def test_shared_weights_go_by_their_first_name():
    shared = nn.Linear(3, 3, bias=False)
    traced = trace(nn.Sequential(shared, shared), (torch.zeros(1, 3),))
    assert names_by_op(traced) == [("aten.linear", ["0.weight"])] * 2


def test_weights_in_a_list_are_found():
    traced = trace(nn.LSTM(3, 2), (torch.zeros(5, 1, 3),))
    weights = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    assert names_by_op(traced) == [("aten.lstm", weights)]


def with_weights() -> nn.Module:
    return Experts()


def without_weights() -> nn.Module:
    with building():
        return Experts()


@pytest.mark.parametrize(
    ("make", "follow"),
    [(with_weights, trace), (without_weights, trace), (with_weights, trace_real)],
)
def test_views_of_a_parameter_are_parts_of_it(make, follow):
    traced = follow(make(), (torch.zeros(2, 3),))
    assert parameters_read(traced) == {"stack": 2 * 3 * 5}
