"""A program that asks for a value: the value where it is known, else 0 or its least, and False."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import rule
from flopscope.trace.specs import op_name
from flopscope.trace.unknown import least_of

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation


@rule("_local_scalar_dense", "item")
def item(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """``.item()``, ``int()``, ``float()``."""
    tensor = args[0]
    if not mode.is_unknown(tensor):
        mode.consume(tensor)
        return mode.compute(func, args, kwargs)
    if tensor.dtype == torch.bool:
        return _condition(mode, func)
    value = max(mode.assumed("item"), least_of(tensor))
    value = value if tensor.dtype.is_floating_point else int(value)
    mode.assume("item", op_name(func), f"{value} for a value that depends on the data")
    return value


@rule("is_nonzero", "equal", "allclose")
def decision(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """``if tensor``, ``torch.equal``, ``torch.allclose``."""
    if mode.any_unknown(*args):
        return _condition(mode, func)
    mode.consume(*args)
    return mode.compute(func, args, kwargs)


@rule("_is_all_true")
def check(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """What ``torch._check_tensor_all`` asks before it raises: unknown values pass."""
    if not mode.any_unknown(*args):
        return mode.evaluate(func, args, kwargs)
    mode.record_result(func, args, kwargs, holds := torch.tensor(True))
    mode.knowledge.suppose(holds, ("check", op_name(func), "values are as the program says"))
    return holds


def _condition(mode: PartialEvaluation, func: Any) -> bool:
    value = bool(mode.assumed("item"))
    mode.assume("item", op_name(func), f"{value} for a condition that depends on the data")
    return value
