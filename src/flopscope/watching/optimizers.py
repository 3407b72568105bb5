"""An optimizer to the FLOPs of one of its steps."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from flopscope import tree
from flopscope.analysis.training import training_of
from flopscope.errors import TraceError
from flopscope.recipe import Recipe
from flopscope.trace import trace_step


def optimizer_flops(optimizer: Optimizer) -> int:
    """What any step but the first costs, counted on a copy that holds shapes alone.

    Raises:
        TraceError: it is not torch's own, whose copies would share what they write to, or it asks
            for more than gradients.
    """
    if not f"{type(optimizer).__module__}.".startswith("torch.optim."):
        raise TraceError(f"the optimizer {type(optimizer).__name__} is not torch's own")
    held = _Held([parameter for group in _trained(optimizer) for parameter in group])
    recipe = Recipe(lambda parameters: _like(optimizer, parameters), type(optimizer).__name__)
    found = trace_step(held, (), {}, recipe)
    training = training_of(found)
    if training is None:
        raise ValueError("that is no trace of a training step")
    return training.cost(tree.profile(found).root, "optimizer").flops


class _Held(nn.Module):
    """Parameters of these shapes, without memory, in this order."""

    def __init__(self, parameters: list[Tensor]) -> None:
        super().__init__()
        self.held = nn.ParameterList(
            nn.Parameter(torch.empty(each.shape, dtype=each.dtype, device="meta"))
            for each in parameters
        )

    def forward(self) -> Tensor:
        sums = [parameter.sum() for parameter in self.held]
        return torch.stack([each.float() for each in sums]).sum()


def _trained(optimizer: Optimizer) -> list[list[Tensor]]:
    """The parameters of each group that get gradients."""
    return [
        [parameter for parameter in group["params"] if parameter.requires_grad]
        for group in optimizer.param_groups
    ]


_AS_ON_A_CPU: dict[str, Any] = {"capturable": False, "fused": None, "foreach": None}
"""A card's kernels do the same arithmetic in other pieces, and ask for the card."""


def _like(optimizer: Optimizer, parameters: list[Tensor]) -> Optimizer:
    """One with the same settings, for these parameters, that shares no state with it."""
    # The constructor is not called: what it was called with is not kept.
    like = object.__new__(type(optimizer))
    like.__dict__.update(optimizer.__dict__)
    like.__dict__.pop("step", None)  # where a scheduler watches the calls of the original
    remaining = iter(parameters)
    like.param_groups = [
        {
            **group,
            **{name: value for name, value in _AS_ON_A_CPU.items() if name in group},
            "params": [next(remaining) for _ in trained],
        }
        for group, trained in zip(optimizer.param_groups, _trained(optimizer), strict=True)
    ]
    like.state = defaultdict(dict)
    like._optimizer_step_pre_hooks = OrderedDict()
    like._optimizer_step_post_hooks = OrderedDict()
    return like
