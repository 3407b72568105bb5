"""A part of a model, as a whole forward pass feeds it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.errors import TargetError
from flopscope.trace import trace, trace_real
from flopscope.tree import profile


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, *, scale):
        return self.down(self.up(x).relu()) * scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(3, 8)
        self.blocks = nn.ModuleList([Block(8), Block(8)])
        self.unused = nn.Linear(1, 1)
        self.alias = self.blocks[1].up

    def forward(self, x):
        x = self.stem(x)
        for block in (*self.blocks, self.blocks[0]):
            x = block(x, scale=torch.ones(8))
        return x


X = torch.empty(5, 3, device="meta")
BLOCK = 5 * 8 * 32 * 2


@pytest.mark.parametrize("run", [trace, trace_real])
def test_a_part_is_traced_on_what_the_whole_feeds_it(run):
    found = run(Net(), (torch.ones(5, 3),), module="blocks.1")

    assert profile(found).root.cost.macs == BLOCK
    assert {name: spec.shape for name, spec in found.inputs.items()} == {"0": (5, 8), "scale": (8,)}
    assert [spec.scope for spec in found.modules] == ["", "up", "down"]
    assert profile(found).root.params == 8 * 32 * 2 + 32 + 8


def test_a_part_that_is_called_twice_is_counted_twice_and_a_note_says_so():
    found = trace(Net(), (X,), module="blocks.0")

    assert profile(found).root.cost.macs == 2 * BLOCK
    assert found.notes == ("blocks.0 is called 2 times in a forward pass: all are counted",)


def test_parts_add_up_to_the_whole():
    parts = ("stem", "blocks.0", "blocks.1")
    whole = profile(trace(Net(), (X,))).root.cost
    costs = [profile(trace(Net(), (X,), module=part)).root.cost for part in parts]

    assert sum(cost.flops for cost in costs) == whole.flops


def test_a_part_that_is_not_there_is_corrected():
    with pytest.raises(TargetError, match=r"Net has no module 'blocks\.2'") as caught:
        trace(Net(), (X,), module="blocks.2")

    assert caught.value.hint == "did you mean 'blocks.1'?"


def test_a_part_that_does_not_run_is_an_error():
    with pytest.raises(TargetError, match=r"unused \(Linear\) is not called"):
        trace(Net(), (X,), module="unused")


def test_a_shared_part_is_answered_with_the_name_it_runs_under():
    with pytest.raises(TargetError) as caught:
        trace(Net(), (X,), module="alias")

    assert caught.value.hint == "it is shared, and called as blocks.1.up"


def test_the_model_keeps_no_hook():
    model = Net()
    trace(model, (X,), module="stem")

    assert not model.stem._forward_pre_hooks
