"""Operators that take nothing of another tensor but its shape or dtype."""

from __future__ import annotations

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
    """A scalar or nothing is real: ``copy.deepcopy`` makes one, then points it at known memory."""
    of_tensor = isinstance(args[0], torch.Tensor)
    size = args[1 if of_tensor else 0]
    is_bare = len(size) == 0 or 0 in size
    is_meta = kwargs.get("device") == META or (of_tensor and mode.is_unknown(args[0]))
    if not is_bare or is_meta:
        return mode.evaluate(func, args, kwargs)
    dtype = kwargs.get("dtype") or (args[0].dtype if of_tensor else None)
    return torch.zeros(size, dtype=dtype)
