"""Integers made of unknown numbers, such as how many frames a sound lasts: as small as is sensible.

They are known from here on, so that what a program works out from them agrees with itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import rule
from flopscope.trace.specs import arguments_by_name, op_name, tensors_among
from flopscope.trace.unknown import KNOWN_ELEMENTS, Unknown, least_of, note_least

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation

_INTEGERS = frozenset((torch.int16, torch.int32, torch.int64))


@rule("clamp", "clamp_", "clamp_min", "clamp_min_", "clip", "clip_")
def at_least(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Remember what an unknown tensor's values are at least."""
    result = mode.evaluate(func, args, kwargs)
    least = arguments_by_name(func, args, kwargs).get("min")
    if isinstance(least, (int, float)):
        note_least(result, least)
    return result


@rule(
    *("ceil", "select", "slice", "narrow", "unbind", "split", "chunk", "index_select", "clone"),
    *("reshape", "view", "flatten", "squeeze", "unsqueeze", "expand", "permute", "transpose"),
)
def as_before(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Values that are rounded up, or some of them, are no less than they were."""
    result = mode.evaluate(func, args, kwargs)
    least = least_of(args[0])
    if least > -math.inf:
        for tensor in tensors_among((result,)):
            note_least(tensor, least)
    return result


@rule("remainder")
def remainder(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Unknown integers modulo a number: every remainder equally often, as choices are made."""
    result = mode.evaluate(func, args, kwargs)
    divisor = args[1]
    if (
        type(result) is not Unknown
        or result.dtype not in _INTEGERS
        or not isinstance(divisor, int)
        or divisor < 1
        or result.numel() > KNOWN_ELEMENTS
    ):
        return result
    known = (torch.arange(result.numel()) % divisor).to(result.dtype).reshape(result.shape)
    mode.knowledge.suppose(known, ("routing", op_name(func), "all remainders are equally frequent"))
    mode.derive(result, known)
    return known


@rule("uniform_", "uniform", "randint")
def drawn(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Remember the least that chance can bring, such as the smallest share of a picture to crop."""
    result = mode.evaluate(func, args, kwargs)
    bound = arguments_by_name(func, args, kwargs)
    note_least(result, bound.get("from", bound.get("low", 0)))  # uniform_'s name, and randint's
    return result


@rule("exp")
def exponential(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """It grows with its argument: a ratio drawn as a logarithm is not 0."""
    result = mode.evaluate(func, args, kwargs)
    if -math.inf < least_of(args[0]) < _LARGEST_EXPONENT:
        note_least(result, math.exp(least_of(args[0])))
    return result


_LARGEST_EXPONENT = 700  # of a Python float


@rule("to", "_to_copy")
def to(mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """From floating-point to integers: what is assumed, or the least that they can be."""
    result = mode.evaluate(func, args, kwargs)
    tensor = args[0]
    if (
        type(result) is not Unknown
        or result.dtype not in _INTEGERS
        or not tensor.dtype.is_floating_point
        or result.numel() > KNOWN_ELEMENTS
    ):
        return result
    value = int(max(mode.assumed("integer"), least_of(tensor)))
    known = torch.full(result.shape, value, dtype=result.dtype)
    mode.knowledge.suppose(known, ("integer", op_name(func), f"{value} for a computed integer"))
    mode.derive(result, known)
    return known
