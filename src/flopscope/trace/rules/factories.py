"""Operators that take nothing of another tensor but its shape or dtype."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import rule
from flopscope.trace.unknown import CPU, KNOWN_ELEMENTS, META, key_of

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation


@rule("zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full")
def like(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Evaluate on memory of the same shape that is never looked at."""
    template = args[0]
    if mode.is_unknown(template) and template.numel() <= KNOWN_ELEMENTS:
        shape, strides, dtype = key_of(template)
        template = torch.empty_strided(shape, strides, dtype=dtype, device=CPU)
    return mode.evaluate(func, (template, *args[1:]), kwargs)


@rule("expand_as", "view_as", "reshape_as", "type_as")
def as_other(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Take apart: its parts are given the other tensor's shape or dtype and not the tensor."""
    with mode:
        return func.decompose(*args, **kwargs)


@rule("empty", "new_empty")
def empty(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Real where it will be filled with what is known: integers, such as a table of shapes.

    So is a scalar or nothing: ``copy.deepcopy`` makes one, then points it at known memory.
    """
    of_tensor = isinstance(args[0], torch.Tensor)
    size = args[1 if of_tensor else 0]
    dtype = kwargs.get("dtype") or (args[0].dtype if of_tensor else torch.get_default_dtype())
    is_meta = kwargs.get("device") == META or (of_tensor and args[0].is_meta)
    if is_meta or math.prod(size) > KNOWN_ELEMENTS:
        return mode.evaluate(func, args, kwargs)
    is_bare = math.prod(size) == 0 or len(size) == 0
    if dtype not in _EXACT and not is_bare:
        return mode.evaluate(func, args, kwargs)
    return torch.zeros(size, dtype=dtype)


_EXACT = frozenset((torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64))
