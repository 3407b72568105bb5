"""Operators that find where something is: on unknown values, everything is found equally often.

Such indices are known from here on. So a router that sends each token to its best experts sends
them round robin, and every expert gets its even share; a program that groups tokens by expert runs
on real numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import rule
from flopscope.trace.specs import arguments_by_name, op_name
from flopscope.trace.unknown import KNOWN_ELEMENTS

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation


@rule("topk", "argmax", "argmin", "max", "min", "multinomial", "kthvalue", "median", "mode")
def choice(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Positions of chosen elements: round robin over the dimension, so that they are balanced."""
    if not mode.any_unknown(*args):
        return mode.evaluate(func, args, kwargs)
    results = mode.evaluate(func, args, kwargs)
    choices = _size_along(func, args, kwargs)

    def positions(indices: torch.Tensor) -> torch.Tensor:
        return (torch.arange(indices.numel()) % choices).reshape(indices.shape)

    return _with_indices(mode, func, results, positions)


@rule("sort", "argsort", "msort")
def order(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """The order of unknown values: as they are."""
    if not mode.any_unknown(*args):
        return mode.evaluate(func, args, kwargs)
    results = mode.evaluate(func, args, kwargs)
    dim = arguments_by_name(func, args, kwargs).get("dim", -1)

    def positions(indices: torch.Tensor) -> torch.Tensor:
        if indices.ndim == 0:
            return torch.zeros((), dtype=torch.int64)
        along = [1] * indices.ndim
        along[dim] = indices.shape[dim]
        return torch.arange(indices.shape[dim]).reshape(along).expand(indices.shape).clone()

    return _with_indices(mode, func, results, positions)


def _size_along(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int:
    """How many elements each index chooses from."""
    tensor = args[0]
    dim = arguments_by_name(func, args, kwargs).get("dim")
    if dim is None or not isinstance(dim, int):
        dim = -1 if func.overloadpacket is torch.ops.aten.multinomial else None
    if dim is None or tensor.ndim == 0:
        return max(int(tensor.numel()), 1)
    return int(tensor.shape[dim])


def _with_indices(mode: PartialEvaluation, func: Any, results: Any, positions: Any) -> Any:
    """The results with the last one, where it is a tensor of indices, replaced by known ones."""
    several = isinstance(results, (tuple, list))
    indices = results[-1] if several else results
    is_index = indices.dtype == torch.int64 and (several or _returns_indices(func))
    if not is_index or indices.numel() > KNOWN_ELEMENTS:
        return results
    known = positions(indices)
    supposition = ("routing", op_name(func), "all choices are made equally often")
    mode.knowledge.suppose(known, supposition)
    mode.derive(indices, known)
    return (*results[:-1], known) if several else known


def _returns_indices(func: Any) -> bool:
    aten = torch.ops.aten
    return func.overloadpacket in (aten.argmax, aten.argmin, aten.multinomial, aten.argsort)
