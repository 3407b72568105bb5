"""What a mask selects is as large as is assumed, and no larger in memory than anything unknown."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.trace import trace

SIDE = 1 << 20  # squared, its positions would fill eight terabytes


class Finds(nn.Module):
    def forward(self, scores):
        rows, columns = torch.where(scores > 0)
        return scores[scores > 0], scores.nonzero(), scores[rows, columns]


@pytest.mark.parametrize(("share", "count"), [(1, SIDE * SIDE), (0.25, SIDE * SIDE // 4)])
def test_positions_in_a_large_mask_take_no_memory(share, count):
    scores = torch.empty(SIDE, SIDE, device="meta")
    found = trace(Finds(), (scores,), assume={"nonzero": share}).modules[0].outputs
    assert [spec.shape for spec in found] == [(count,), (count, 2), (count,)]


def test_positions_have_the_layout_that_torch_gives_them():
    small = trace(Finds(), (torch.ones(2, 3),)).modules[0].outputs
    large = trace(Finds(), (torch.empty(SIDE, 3, device="meta"),)).modules[0].outputs
    assert small[1].strides == torch.ones(2, 3).nonzero().stride() == (1, 2 * 3)
    assert large[1].strides == (1, SIDE * 3)


class Placeholders(nn.Module):
    """Puts features in the place of some tokens, after a look at whether they fit."""

    def forward(self, tokens, embedded, features):
        mask = (tokens == 1)[..., None].expand_as(embedded).to(embedded.device)
        if embedded[mask].numel() != features.numel():
            raise ValueError("features and placeholders do not match")
        return embedded.masked_scatter(mask, features), mask.nonzero()


@pytest.mark.parametrize("width", [8, SIDE])
def test_a_known_mask_stays_known_however_often_it_is_repeated(width):
    tokens = torch.tensor([[0, 1, 1, 2]])
    embedded = torch.empty(1, 4, width, device="meta")
    traced = trace(Placeholders(), (tokens, embedded, torch.empty(2, width, device="meta")))
    assert [spec.shape for spec in traced.modules[0].outputs] == [(1, 4, width), (2 * width, 3)]
    assert traced.assumptions == ()


class ViewOfWeight(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return x[self.weight.view(3, 1).expand(3, 4) > 0]


def test_a_view_of_a_parameter_has_no_values():
    traced = trace(ViewOfWeight(), (torch.randn(3, 4),))
    assert traced.modules[0].outputs[0].shape == (3 * 4,)  # though no weight is above zero
