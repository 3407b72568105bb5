"""From a model in Python to laws of sizes, to many points, and to the largest size in a budget."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import flopscope
from flopscope.errors import InputError, UsageError

WIDTH = 8


def net(width: int = WIDTH, depth: int = 2) -> nn.Module:
    return nn.Sequential(*(nn.Linear(width, width, bias=False) for _ in range(depth)))


def rows(B, width=WIDTH):
    return torch.zeros(B, width)


def test_a_law_is_a_function_of_the_sizes_of_the_inputs():
    model = net()
    laws = flopscope.closed_form(model, lambda B, S: torch.zeros(B, S, WIDTH))
    assert laws.at("macs", {"B": 3, "S": 50}) == 2 * 3 * 50 * WIDTH * WIDTH
    assert laws.at("macs", {"B": 0, "S": 50}) is None
    assert "MACs      128·B·S" in str(laws)
    assert "128 * B * S" in laws.to_python()
    assert "128" in laws.to_latex()
    assert '"flopscope.formula/1"' in laws.to_json()


def test_a_law_of_a_width_is_one_of_the_function_that_builds_the_model():
    laws = flopscope.closed_form(net, rows, {"depth": range(1, 9), "width": range(1, 65)})
    sizes = {"B": 3, "width": 5, "depth": 4}
    assert laws.at("macs", sizes) == 4 * 3 * 5 * 5
    assert laws.at("params", sizes) == 4 * 5 * 5


def test_inputs_by_name_and_by_position_are_taken():
    model = nn.MultiheadAttention(WIDTH, 2, batch_first=True, bias=False).eval()

    def inputs(B, S):
        x = torch.zeros(B, S, WIDTH)
        return (x, x, x), {"need_weights": False}

    laws = flopscope.closed_form(model, inputs)
    attention, projections = 2 * 7 * 7 * WIDTH, 4 * 7 * WIDTH * WIDTH
    assert laws.at("macs", {"B": 3, "S": 7}) == 3 * (attention + projections)


def test_a_sweep_is_of_all_combinations():
    found = flopscope.sweep(net, rows, {"B": [1, 8], "width": [4, 8], "depth": [1]})
    assert [(row.sizes["width"], row.figures["macs"]) for row in found.rows] == [
        (width, batch * width * width) for batch in (1, 8) for width in (4, 8)
    ]


def test_the_largest_batch_in_a_budget_is_found():
    answer = flopscope.solve(net(), lambda B: torch.zeros(B, WIDTH), {"macs": 1000})
    assert answer.largest.size == 1000 // (2 * WIDTH * WIDTH)


def test_the_other_sizes_of_a_budget_are_fixed():
    answer = flopscope.solve(
        net, rows, {"params": 500}, {"B": [1], "depth": [3], "width": range(1, 40)}
    )
    assert answer.largest.size == 12  # 3 * 12**2 <= 500 < 3 * 13**2


def test_large_inputs_take_no_memory():
    laws = flopscope.closed_form(
        net(), lambda B: torch.zeros(B, 2**30, WIDTH), {"B": range(1, 2**20)}
    )
    assert laws.at("macs", {"B": 2**19}) == 2 * 2**19 * 2**30 * WIDTH * WIDTH


@pytest.mark.parametrize("function", [flopscope.closed_form, flopscope.sweep])
def test_sizes_of_something_else_are_refused(function):
    with pytest.raises(InputError, match="no size is called T"):
        function(net(), rows, {"T": [1]})


def test_what_is_missing_is_named():
    with pytest.raises(InputError, match="no sizes are given for width"):
        flopscope.sweep(net(), rows, {"B": [1]})
    with pytest.raises(InputError, match="one size is to be found"):
        flopscope.solve(net(), rows, {"macs": 1})
    with pytest.raises(UsageError, match="no such budget"):
        flopscope.solve(net(), rows, {"time": 1}, {"width": [WIDTH]})
    with pytest.raises(InputError, match="makes no nn"):
        flopscope.closed_form(lambda B: B, rows)
