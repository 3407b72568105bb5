"""Training steps of small models: traced without values or for real, and summed up by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from flopscope.analysis.training import PARTS, Part, costs_by_part
from flopscope.costs import Cost
from flopscope.guest import disposable
from flopscope.recipe import Recipe
from flopscope.records import Scope, Trace
from flopscope.trace import trace_real_step, trace_step


def plain_sgd(parameters: list[torch.Tensor]) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.1)


def adamw(parameters: list[torch.Tensor]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters)


def recipe(**more: Any) -> Recipe:
    """Of SGD without momentum, unless something else is asked for."""
    return Recipe(more.pop("optimizer", plain_sgd), more.pop("optimizer_name", "sgd"), **more)


def step_of(model: nn.Module, *args: Any, **more: Any) -> Trace:
    """A step traced without values."""
    return trace_step(model, args, {}, recipe(**more))


def real_step_of(model: nn.Module, *args: Any, **more: Any) -> Trace:
    """The same step, made by a copy."""
    copied, copied_args, kwargs = disposable(model, args, {})
    return trace_real_step(copied, copied_args, kwargs, recipe(**more))


def by_part(trace: Trace, within: Scope = "") -> Mapping[Part, Cost]:
    """What a step takes, by part, in the modules whose scopes begin so."""
    own = [parts for scope, parts in costs_by_part(trace).items() if scope.startswith(within)]
    return {part: Cost.total(parts.get(part, Cost()) for parts in own) for part in PARTS}


def macs_by_part(trace: Trace, within: Scope = "") -> tuple[int, int, int, int]:
    """MACs of the forward pass, computed again, of gradients of inputs, and of weights."""
    costs = by_part(trace, within)
    assert costs["optimizer"].macs == 0
    return (
        costs["forward"].macs,
        costs["recompute"].macs,
        costs["input_gradients"].macs,
        costs["weight_gradients"].macs,
    )


Made = Callable[[], nn.Module]
