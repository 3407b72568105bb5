"""Building a model without its weights: the constants that its constructor copies."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from flopscope.trace import building


class Table(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3))
        self.register_buffer("index", torch.arange(size))


@pytest.mark.parametrize("size", [5, 784 * 784])
def test_a_deep_copy_of_a_constant_has_its_values(size: int) -> None:
    with building():
        model = Table(size)
        copied = copy.deepcopy(model)

    assert torch.equal(copied.index, torch.arange(size))
    assert copied.index.data_ptr() != model.index.data_ptr()
    assert copied.weight.is_meta
