"""Experts as one grouped product are counted in every dtype that some device takes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope import tree
from flopscope.errors import TraceError
from flopscope.trace import trace, trace_real

TOKENS, EXPERTS, INSIDE, OUTSIDE = 24, 3, 8, 6


class Experts(nn.Module):
    """Sends each token to its best expert, in one product."""

    def __init__(self, dtype):
        super().__init__()
        self.router = nn.Linear(INSIDE, EXPERTS, dtype=dtype)
        self.weight = nn.Parameter(torch.randn(EXPERTS, OUTSIDE, INSIDE, dtype=dtype))

    def forward(self, tokens):
        chosen = self.router(tokens).argmax(-1)
        ends = torch.bincount(chosen, minlength=EXPERTS).cumsum(0).to(torch.int32)
        return torch._grouped_mm(tokens[chosen.argsort()], self.weight.mT, offs=ends)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_experts_cost_and_return_what_they_do_in_a_real_run(dtype):
    model, tokens = Experts(dtype), torch.randn(TOKENS, INSIDE, dtype=dtype)
    traced, real = trace(model, (tokens,)), trace_real(model, (tokens,))
    macs = TOKENS * INSIDE * EXPERTS + TOKENS * INSIDE * OUTSIDE
    assert tree.profile(traced).root.cost.macs == tree.profile(real).root.cost.macs == macs
    assert traced.modules[0].outputs == real.modules[0].outputs


class Product(nn.Module):
    def forward(self, left, right, *ends):
        return torch._grouped_mm(left, right, *ends)


ENDS = torch.tensor([8, 16], dtype=torch.int32)


@pytest.mark.parametrize(
    ("left", "right", "ends", "shape"),
    [
        ((2, 5, 8), (2, 8, 4), (), (2, 5, 4)),  # groups of the same size
        ((2, 5, 8), (8, 16), (ENDS,), (5, 16)),  # grouped columns of the right
        ((5, 16), (16, 4), (ENDS,), (2, 5, 4)),  # grouped terms of the sum
    ],
)
def test_the_groups_are_a_dimension_of_one_operand_of_both_or_of_the_product(
    left, right, ends, shape
):
    given = (torch.randn(left), torch.randn(right), *ends)
    traced = trace(Product(), given)
    assert traced.modules[0].outputs[0].shape == shape
    assert traced.modules[0].outputs == trace_real(Product(), given).modules[0].outputs


def test_operands_that_do_not_fit_are_refused():
    with pytest.raises(TraceError, match="contraction dimension"):
        trace(Product(), (torch.randn(2, 5, 8), torch.randn(2, 4, 4)))
