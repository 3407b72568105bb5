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
