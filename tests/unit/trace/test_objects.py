"""A cache that a model returns is seen, whatever object it is in."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from flopscope.records import TensorSpec
from flopscope.trace import trace


class Layer:
    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.keys, self.values = keys, values
        self.number, self.owner = 3, self


@dataclass
class Cache:
    layers: list[Layer] = field(default_factory=list)


class Remembers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(4, 6)

    def forward(self, x: Tensor) -> dict[str, object]:
        keys = self.project(x)
        return {"logits": x, "cache": Cache([Layer(keys, keys.transpose(1, 2)), Layer(x, keys)])}


def test_tensors_in_an_object_that_is_returned_are_kept_each_once() -> None:
    found = trace(Remembers(), (torch.zeros(2, 3, 4),))
    assert [spec.shape for spec in found.kept] == [(2, 3, 6), (2, 6, 3), (2, 3, 4)]


def test_tensors_that_are_returned_themselves_are_not() -> None:
    found = trace(nn.Linear(4, 6), (torch.zeros(2, 4),))
    assert found.kept == ()
    assert found.modules[0].outputs == (TensorSpec((2, 6)),)
