"""A model in Python to a report: what ``flopscope.profile`` and ``flopscope.llm`` are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from flopscope import assumptions
from flopscope.advice import advised, in_words
from flopscope.analysis.generation.bounds import Bounds, installation_of
from flopscope.analysis.generation.generation import Workload
from flopscope.analysis.generation.storage import storage_of
from flopscope.counters import check_counters
from flopscope.errors import InputError, NeedsValuesError, TargetError, TraceError
from flopscope.generating import generation_of
from flopscope.guest import disposable
from flopscope.load.inputs import parse_dtype
from flopscope.profiling import (
    Subject,
    chosen_device,
    environment,
    report_on,
    traced,
    traced_for_real,
)
from flopscope.report import Report
from flopscope.report.generation import GenerationReport
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
) -> Report:
    """Count what one forward pass of a model costs, module by module.

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

    Raises:
        TargetError: that is no model, or it has no such module.
        TraceError: the model raised.
        IncompleteCountError: something was left out and ``strict`` was asked for.
        UsageError: there is no such counter or device.
    """
    _check_model(model)
    if isinstance(args, Mapping):
        raise InputError("args is a mapping", hint="give inputs by name as kwargs")
    args = (args,) if isinstance(args, torch.Tensor) else tuple(args)
    kwargs = dict(kwargs or {})
    counters = check_counters(counters)
    where = _device_of(model) if device == "auto" else chosen_device(device)
    plan = Plan(counters, time, where, Mode(autocast=autocast and parse_dtype(autocast)), module)

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


def llm(
    model: nn.Module,
    *,
    prompt: int = 2048,
    generate: int = 256,
    batch: int = 1,
    contexts: Sequence[int] = (),
    devices: Sequence[str] = (),
    weights: str | None = None,
    kv_dtype: str | None = None,
    assume: Mapping[str, float] | None = None,
) -> GenerationReport:
    """Count what it costs a model with a cache to read a prompt and to generate tokens.

    The model is left as it was found, and no arithmetic is done.

    Args:
        model: one of transformers that generates, or one whose forward takes tokens and a cache and
            returns scores and the cache. It may lie on any device, the meta device included.
        prompt: tokens that each sequence starts with, or that the encoder is given.
        generate: tokens to add to each: the prefill gives the first, a step each other.
        batch: sequences at a time.
        contexts: lengths of a sequence to look at a step at.
        devices: what to say how fast it could be on, such as ``"8x H100 SXM"``.
        weights: the format that weights are stored in, such as ``"int4"``; None for their own.
        kv_dtype: the format that the cache is stored in.
        assume: as for :func:`profile`.

    Raises:
        TargetError: that is no model.
        InputError: it keeps no cache.
        TraceError: it raised.
        UsageError: there is no such device or format.
    """
    _check_model(model)
    storage = storage_of(weights, kv_dtype)
    installations = tuple(map(installation_of, devices))
    assumed = assumptions.parse(f"{name}={value}" for name, value in (assume or {}).items())
    workload = Workload(prompt, generate, batch, tuple(contexts), storage)
    generation = generation_of(model, workload, assume=assumed)
    bounds = tuple(Bounds(generation, each) for each in installations)
    return GenerationReport(
        type(model).__name__, environment(_device_of(model)), generation, bounds
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
