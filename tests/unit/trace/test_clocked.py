"""The time of operators in real forward passes."""

from __future__ import annotations

import itertools

import torch
from torch import nn

from flopscope.trace import trace
from flopscope.trace.clocked import operator_seconds


class Ticks:
    """A clock that moves on by one second at every mark."""

    def __init__(self):
        self._marks = itertools.count()

    def prepare(self):
        pass

    def mark(self):
        return next(self._marks)

    def wait(self):
        pass

    def seconds(self, start, end):
        return float(end - start)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return self.second(self.first(x).relu()).relu().reshape(-1)


def test_every_operator_of_a_trace_is_timed_as_often_as_it_is_called():
    seconds = operator_seconds(Net(), (torch.ones(2, 4),), {}, Ticks())

    traced = trace(Net(), (torch.ones(2, 4),))
    calls = [call.operation.op for call in traced.calls]
    assert seconds == {op: calls.count(op) for op in calls}
    assert seconds["aten.linear"] == 2


def test_the_operators_of_a_part_alone_can_be_timed():
    seconds = operator_seconds(Net(), (torch.ones(2, 4),), {}, Ticks(), module="first")

    assert seconds == {"aten.linear": 1}
