"""Integers made of unknown numbers, such as how many frames a sound lasts: as small as is sensible.

They are known from here on, so that what a program works out from them agrees with itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import rule
from flopscope.trace.specs import arguments_by_name, op_name
from flopscope.trace.unknown import KNOWN_ELEMENTS, Unknown, least_of, note_least

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation

_INTEGERS = frozenset((torch.int16, torch.int32, torch.int64))


@rule("clamp", "clamp_min", "clip")
def at_least(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Remember what an unknown tensor's values are at least."""
    result = mode.evaluate(func, args, kwargs)
    least = arguments_by_name(func._schema, args, kwargs).get("min")
    if isinstance(least, (int, float)):
        note_least(result, least)
    return result


@rule("uniform_", "uniform", "randint")
def drawn(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Remember the least that chance can bring, such as the smallest share of a picture to crop."""
    result = mode.evaluate(func, args, kwargs)
    bound = arguments_by_name(func._schema, args, kwargs)
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
    return known
