"""Profile a model of your own: several inputs, one of them by name, and what costs most in it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

import flopscope


class CrossAttention(nn.Module):
    """One head that reads a context: (N, L, 64), (N, S, 64) -> (N, L, 64)."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(64, 64)
        self.key_value = nn.Linear(64, 128)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        key, value = self.key_value(context).chunk(2, dim=-1)
        return functional.scaled_dot_product_attention(self.query(x), key, value)


report = flopscope.profile(
    CrossAttention(), args=(torch.randn(1, 10, 64),), kwargs={"context": torch.randn(1, 100, 64)}
)
print(f"{report.macs:,} MACs, {report.params:,} parameters")
for total in report.profile.operators:
    print(f"{total.cost.macs:>7,} MACs in {total.op} ({total.coverage})")

# Output:
# 988,160 MACs, 12,480 parameters
# 860,160 MACs in aten.linear (counted)
# 128,000 MACs in aten.scaled_dot_product_attention (counted)
#       0 MACs in aten.chunk (free)
