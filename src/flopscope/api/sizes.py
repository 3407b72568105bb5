"""A model in Python and sizes of its inputs to laws, to a sweep, to the largest size that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn

from flopscope.analysis.formula.budget import BUDGETED, Answer, Budget
from flopscope.analysis.formula.figures import OF_COSTS
from flopscope.analysis.sweep.rows import Sweep
from flopscope.at_sizes import ModelAtSizes
from flopscope.errors import InputError, UsageError
from flopscope.points import Points
from flopscope.report.formula import ClosedForm
from flopscope.solving import solved


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
