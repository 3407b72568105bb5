"""An operator of your own, with its cost: a linear recurrence such as state-space models scan with.

    flopscope profile examples/custom_operator.py:Mixer --shape 2,1024,64

Without the formula flopscope lists the operator as uncounted, and the totals say "at least".
"""

import torch
from torch import nn

import flopscope


@torch.library.custom_op("examples::scan", mutates_args=())
def scan(x: torch.Tensor, decay: torch.Tensor) -> torch.Tensor:
    """``h[t] = decay * h[t - 1] + x[t]`` along the second dimension."""
    states = [x[:, 0]]
    for step in x.unbind(1)[1:]:
        states.append(decay * states[-1] + step)
    return torch.stack(states, dim=1)


@flopscope.formula("examples::scan")
def scan_cost(x: flopscope.TensorSpec) -> flopscope.Cost:
    """A product and a sum for every element."""
    return flopscope.Cost(other_flops=2 * x.numel)


class Mixer(nn.Module):
    """Projects, scans, and projects back."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.enter = nn.Linear(width, 2 * width)
        self.decay = nn.Parameter(torch.rand(2 * width))
        self.leave = nn.Linear(2 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From (batch, steps, width) to the same."""
        return self.leave(scan(self.enter(x), self.decay))
