"""A model in Python to a report: what ``flopscope.profile`` is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from flopscope import assumptions
from flopscope.advice import advised, in_words
from flopscope.counters import check_counters
from flopscope.errors import InputError, NeedsValuesError, TargetError, TraceError, UsageError
from flopscope.guest import disposable
from flopscope.load.inputs import parse_dtype
from flopscope.load.recipe import optimizer_named
from flopscope.profiling import Subject, chosen_device, report_on, traced, traced_for_real
from flopscope.recipe import Loss, MakeOptimizer, Recipe
from flopscope.report import Report
from flopscope.running import Mode, Plan, Runnable


def profile(
    model: nn.Module,
    args: tuple[Any, ...] | torch.Tensor = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    time: bool = False,
    device: str = "auto",
    counters: Sequence[str] = (),
    assume: Mapping[str, float] | None = None,
    strict: bool = False,
    module: str = "",
    autocast: str | None = None,
    optimizer: str | MakeOptimizer | None = None,
    loss: Loss | None = None,
    accumulate: int = 1,
    checkpoint: Sequence[str] = (),
) -> Report:
    """Count what one forward pass or training step of a model costs, module by module.

    The model is left as it was found, and no arithmetic is done unless it is asked for.

    Args:
        model: may lie on any device, the meta device included.
        args: positional inputs, or a single tensor.
        kwargs: keyword inputs.
        time: also run a copy of the model and measure it.
        device: where to run it: ``"auto"`` is where the model is.
        counters: names of other counters to ask, of ``flopscope.counters.COUNTERS``.
        assume: what to take for values that depend on the data, in the place of the defaults of
            ``flopscope.assumptions``.
        strict: raise where an operator has no formula.
        module: report on this part of the model alone, by its dotted path: what a whole forward
            pass feeds it.
        autocast: cast operators to this dtype, as ``torch.autocast`` does: ``"bfloat16"``.
        optimizer: count a training step with it, in the mode that the model is in: ``"adamw"``,
            ``"sgd(momentum=0.9)"``, or what makes one of a list of parameters.
        loss: what that step differentiates, of what the model returns; by default the model's own,
            or else the sum of its outputs.
        accumulate: forward and backward passes for one step of the optimizer.
        checkpoint: patterns of the modules that are checkpointed in that step: ``"layers.*"``.

    Raises:
        TargetError: that is no model, or it has no such module.
        TraceError: the model raised.
        IncompleteCountError: something was left out and ``strict`` was asked for.
        UsageError: there is no such counter or device, or what is asked for is not of a step.
    """
    _check_model(model)
    if isinstance(args, Mapping):
        raise InputError("args is a mapping", hint="give inputs by name as kwargs")
    args = (args,) if isinstance(args, torch.Tensor) else tuple(args)
    kwargs = dict(kwargs or {})
    counters = check_counters(counters)
    where = _device_of(model) if device == "auto" else chosen_device(device)
    recipe = _recipe(optimizer, loss, accumulate, checkpoint)
    if recipe is not None and (counters or module):
        raise UsageError("counters and parts are of forward passes", hint="leave optimizer out")
    mode = Mode(autocast=autocast and parse_dtype(autocast))
    plan = Plan(counters, time, where, mode, module, recipe)

    def runnable() -> Runnable:
        if where == _device_of(model):
            return model, args, kwargs
        moved = disposable(model, args, kwargs)
        return _moved(moved, where)

    assumed = assumptions.parse(f"{name}={value}" for name, value in (assume or {}).items())
    subject = Subject(type(model).__name__, model, runnable, assume=assumed, strict=strict)
    try:
        found = traced(subject, plan, args, kwargs)
    except NeedsValuesError as error:
        found = traced_for_real(subject, plan, error)
    except TraceError as error:
        raise advised(error, subject, plan, args, kwargs, in_words) from error.__cause__
    return report_on(subject, found, plan)


def _recipe(
    optimizer: str | MakeOptimizer | None,
    loss: Loss | None,
    accumulate: int,
    checkpoint: Sequence[str],
) -> Recipe | None:
    if optimizer is None:
        if loss is not None or accumulate != 1 or checkpoint:
            raise UsageError("that is of a training step", hint='add optimizer="adamw"')
        return None
    return Recipe(
        optimizer_named(optimizer) if isinstance(optimizer, str) else optimizer,
        optimizer if isinstance(optimizer, str) else getattr(optimizer, "__name__", "an optimizer"),
        loss,
        getattr(loss, "__name__", "the loss") if loss is not None else "",
        accumulate,
        checkpoint=tuple(checkpoint),
    )


def _check_model(model: object) -> None:
    if not isinstance(model, nn.Module):
        name = model.__name__ if isinstance(model, type) else repr(model)[:40]
        raise TargetError(f"{name} is not an nn.Module", hint="pass a model, not its class")


def _device_of(model: nn.Module) -> str:
    for tensor in (*model.parameters(), *model.buffers()):
        return str(tensor.device)
    return "cpu"


def _moved(runnable: Runnable, device: str) -> Runnable:
    model, args, kwargs = runnable

    def moved(leaf: Any) -> Any:
        return leaf.to(device) if isinstance(leaf, torch.Tensor) else leaf

    args, kwargs = tree_map(moved, (args, kwargs))
    return model.to(device), args, kwargs
