"""A model in Python to a report, or to what other counters say of it, explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from flopscope import assumptions
from flopscope.advice import advised, in_words
from flopscope.analysis.conventions import check_convention
from flopscope.api.models import check_model, device_of
from flopscope.api.training import recipe_of
from flopscope.counters import check_counters, installed
from flopscope.errors import InputError, NeedsValuesError, TraceError, UsageError
from flopscope.guest import as_found, disposable
from flopscope.load.inputs import parse_dtype
from flopscope.planning import Mode, Plan
from flopscope.profiling import (
    Subject,
    chosen_device,
    comparison_on,
    report_on,
    traced,
    traced_for_real,
)
from flopscope.recipe import Loss, MakeOptimizer
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.report.counters import CounterComparison
from flopscope.request import COUNTER_TIME_LIMIT
from flopscope.running import Runnable


def profile(
    model: nn.Module,
    args: tuple[Any, ...] | torch.Tensor = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    time: bool = False,
    device: str = "auto",
    counters: Sequence[str] = (),
    convention: str | None = None,
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
        convention: also restate the counts in this one of
            ``flopscope.analysis.conventions.CONVENTIONS``.
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
        UsageError: there is no such counter, convention or device, or what is asked for is not of
            a step.
    """
    recipe = recipe_of(optimizer, loss, accumulate, checkpoint)
    if recipe is not None and (counters or module or convention):
        raise UsageError(
            "counters, conventions and parts are of forward passes", hint="leave optimizer out"
        )
    plan = Plan(
        check_counters(counters),
        time,
        _where(model, device),
        _mode(autocast),
        module,
        recipe,
        convention=check_convention(convention),
    )
    given = Given(model, args, kwargs, assume, strict=strict)
    return report_on(*counted(given, plan), plan)


def compare(
    model: nn.Module,
    args: tuple[Any, ...] | torch.Tensor = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    counters: Sequence[str] | None = None,
    time_limit: float = COUNTER_TIME_LIMIT,
    device: str = "auto",
    assume: Mapping[str, float] | None = None,
    module: str = "",
    autocast: str | None = None,
) -> CounterComparison:
    """Ask other counters about one forward pass of a model, and explain what each of them says.

    All of them see it in evaluation mode. It is left as it was found: they run on copies of it.

    Args:
        model: may lie on any device; on the meta device it is counted, but no counter is run.
        args: positional inputs, or a single tensor.
        kwargs: keyword inputs.
        counters: names of those to ask, of ``flopscope.counters.COUNTERS``; by default those that
            are installed.
        time_limit: seconds after which one of them is given up.
        device: where they run it: ``"auto"`` is where the model is.
        assume: see :func:`profile`.
        module: compare this part of the model alone, by its dotted path.
        autocast: see :func:`profile`.

    Raises:
        TargetError: that is no model, or it has no such module.
        TraceError: the model raised.
        UsageError: there is no such counter or device.
    """
    plan = Plan(
        installed() if counters is None else check_counters(counters),
        False,
        _where(model, device),
        _mode(autocast),
        module,
        counter_time_limit=time_limit,
    )
    given = Given(model, args, kwargs, assume)
    with as_found(model):
        model.eval()  # as the counters get it
        subject, found = counted(given, plan)
    return comparison_on(subject, found, plan)


@dataclass(frozen=True, slots=True)
class Given:
    """A model and its inputs as the caller has them."""

    model: nn.Module
    args: tuple[Any, ...] | torch.Tensor
    kwargs: Mapping[str, Any] | None
    assume: Mapping[str, float] | None
    strict: bool = False


def counted(given: Given, plan: Plan) -> tuple[Subject, Trace]:
    """What ran in a forward pass of the model.

    Raises:
        InputError: its inputs are a mapping.
        TraceError: it raised.
    """
    if isinstance(given.args, Mapping):
        raise InputError("args is a mapping", hint="give inputs by name as kwargs")
    model, kwargs = given.model, dict(given.kwargs or {})
    args = (given.args,) if isinstance(given.args, torch.Tensor) else tuple(given.args)

    def runnable() -> Runnable:
        if plan.device == device_of(model):
            return model, args, kwargs
        return _moved(disposable(model, args, kwargs), plan.device)

    assumed = assumptions.parse(f"{name}={value}" for name, value in (given.assume or {}).items())
    subject = Subject(type(model).__name__, model, runnable, assume=assumed, strict=given.strict)
    try:
        return subject, traced(subject, plan, args, kwargs)
    except NeedsValuesError as error:
        return subject, traced_for_real(subject, plan, error)
    except TraceError as error:
        raise advised(error, subject, plan, args, kwargs, in_words) from error.__cause__


def _where(model: nn.Module, device: str) -> str:
    check_model(model)
    return device_of(model) if device == "auto" else chosen_device(device)


def _mode(autocast: str | None) -> Mode:
    return Mode(autocast=autocast and parse_dtype(autocast))


def _moved(runnable: Runnable, device: str) -> Runnable:
    model, args, kwargs = runnable

    def moved(leaf: Any) -> Any:
        return leaf.to(device) if isinstance(leaf, torch.Tensor) else leaf

    args, kwargs = tree_map(moved, (args, kwargs))
    return model.to(device), args, kwargs
