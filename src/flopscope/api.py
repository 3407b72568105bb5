"""A model in Python to a report, a comparison, laws of sizes, a sweep: the package's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_map

from flopscope import assumptions
from flopscope.advice import advised, in_words
from flopscope.analysis.conventions import check_convention
from flopscope.analysis.formula.budget import BUDGETED, Answer, Budget
from flopscope.analysis.formula.figures import OF_COSTS
from flopscope.analysis.generation.bounds import Bounds, installation_of
from flopscope.analysis.generation.generation import Workload
from flopscope.analysis.generation.storage import storage_of
from flopscope.analysis.sweep.rows import Sweep
from flopscope.at_sizes import ModelAtSizes
from flopscope.counters import check_counters, installed
from flopscope.errors import InputError, NeedsValuesError, TargetError, TraceError, UsageError
from flopscope.generating import generation_of
from flopscope.guest import as_found, disposable
from flopscope.load.inputs import parse_dtype
from flopscope.points import Points
from flopscope.profiling import (
    Subject,
    chosen_device,
    comparison_on,
    environment,
    report_on,
    traced,
    traced_for_real,
)
from flopscope.records import Trace
from flopscope.report import Report
from flopscope.report.counters import CounterComparison
from flopscope.report.formula import ClosedForm
from flopscope.report.generation import GenerationReport
from flopscope.request import COUNTER_TIME_LIMIT
from flopscope.running import Mode, Plan, Runnable
from flopscope.solving import solved


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
        convention: also restate the counts in this one of
            ``flopscope.analysis.conventions.CONVENTIONS``.
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
        UsageError: there is no such counter, convention or device.
    """
    plan = Plan(
        check_counters(counters),
        time,
        _where(model, device),
        _mode(autocast),
        module,
        convention=check_convention(convention),
    )
    given = _Given(model, args, kwargs, assume, strict=strict)
    return report_on(*_counted(given, plan), plan)


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
    given = _Given(model, args, kwargs, assume)
    with as_found(model):
        model.eval()  # as the counters get it
        subject, found = _counted(given, plan)
    return comparison_on(subject, found, plan)


@dataclass(frozen=True, slots=True)
class _Given:
    """A model and its inputs as the caller has them."""

    model: nn.Module
    args: tuple[Any, ...] | torch.Tensor
    kwargs: Mapping[str, Any] | None
    assume: Mapping[str, float] | None
    strict: bool = False


def _counted(given: _Given, plan: Plan) -> tuple[Subject, Trace]:
    """What ran in a forward pass of the model."""
    if isinstance(given.args, Mapping):
        raise InputError("args is a mapping", hint="give inputs by name as kwargs")
    model, kwargs = given.model, dict(given.kwargs or {})
    args = (given.args,) if isinstance(given.args, torch.Tensor) else tuple(given.args)

    def runnable() -> Runnable:
        if plan.device == _device_of(model):
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
    _check_model(model)
    return _device_of(model) if device == "auto" else chosen_device(device)


def _mode(autocast: str | None) -> Mode:
    return Mode(autocast=autocast and parse_dtype(autocast))


def closed_form(
    model: nn.Module | Callable[..., nn.Module],
    inputs: Callable[..., Any],
    sizes: Mapping[str, Iterable[int]] | None = None,
    *,
    assume: Mapping[str, float] | None = None,
) -> ClosedForm:
    """The cost of a forward pass as exact laws of the sizes of its inputs, and where these hold.

    ``closed_form(model, lambda B, S: torch.zeros(B, S, 64)).at("macs", {"B": 8, "S": 512})``

    Args:
        model: a model, or a function of sizes that builds one.
        inputs: a function of sizes, which its parameters name, that returns a tensor, a tuple of
            positional inputs, a mapping of those by name, or both of these.
        sizes: those that are asked about, by name; any that the model takes where none are given.
        assume: what to take for values that depend on the data.

    Raises:
        InputError: the model takes no sizes that were tried, or one alone.
        TargetError: making the model or its inputs raised.
    """
    at_sizes = ModelAtSizes(model, inputs, assume or {})
    return at_sizes.closed_form(at_sizes.asked(sizes or {}), _name_of(model), ())


def sweep(
    model: nn.Module | Callable[..., nn.Module],
    inputs: Callable[..., Any],
    sizes: Mapping[str, Iterable[int]],
    *,
    assume: Mapping[str, float] | None = None,
) -> Sweep:
    """The cost of a forward pass at all combinations of sizes, by a law where one holds.

    Args:
        model: a model, or a function of sizes that builds one.
        inputs: a function of sizes that returns the inputs, as for :func:`closed_form`.
        sizes: of every symbol.
        assume: what to take for values that depend on the data.

    Raises:
        InputError: a symbol has no sizes.
        TargetError: making the model or its inputs raised.
    """
    at_sizes = ModelAtSizes(model, inputs, assume or {})
    at_sizes.asked(sizes)
    missing = [name for name in at_sizes.symbols if name not in sizes]
    if missing:
        raise InputError(f"no sizes are given for {' and '.join(missing)}")
    listed = {name: sorted(set(sizes[name])) for name in at_sizes.symbols}
    points = Points(_name_of(model), at_sizes, listed, at_sizes.rebuilding, OF_COSTS)
    rows = tuple(points.rows())
    return Sweep(at_sizes.symbols, rows, tuple(points.notes))


def solve(
    model: nn.Module | Callable[..., nn.Module],
    inputs: Callable[..., Any],
    budgets: Mapping[str, float],
    sizes: Mapping[str, Iterable[int]] | None = None,
    *,
    assume: Mapping[str, float] | None = None,
) -> Answer:
    """The largest size for which a forward pass keeps within all budgets.

    ``solve(model, lambda R: torch.zeros(1, 3, R, R), {"flops": 4e9}).largest.size``

    Args:
        model: a model, or a function of sizes that builds one.
        inputs: a function of sizes that returns the inputs, as for :func:`closed_form`.
        budgets: at most so much of ``"macs"``, ``"flops"``, ``"bytes_moved"``, ``"params"`` or
            ``"memory_nbytes"``.
        sizes: those to choose from; and one for each of the other symbols.
        assume: what to take for values that depend on the data.

    Raises:
        InputError: more than one symbol is open, or the model takes none of the sizes.
        UsageError: there is no budget, or of something else.
    """
    at_sizes = ModelAtSizes(model, inputs, assume or {})
    listed = {name: tuple(some) for name, some in (sizes or {}).items()}
    open_sizes = [
        asked for asked in at_sizes.asked(listed) if len(listed.get(asked.symbol, ())) != 1
    ]
    if len(open_sizes) != 1:
        raise InputError("one size is to be found, and the others need one each")
    if not budgets or not set(budgets) <= set(BUDGETED):
        raise UsageError("there is no such budget", hint=f"they are of {', '.join(BUDGETED)}")
    fixed = {name: some[0] for name, some in listed.items() if name != open_sizes[0].symbol}
    limits = [Budget(figure, most) for figure, most in budgets.items()]
    return solved(at_sizes, open_sizes[0], fixed, limits)


def _name_of(model: object) -> str:
    return type(model).__name__ if isinstance(model, nn.Module) else "model"


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
