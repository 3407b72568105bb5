"""Operators whose result is as large as some values say: on unknown ones, as large as can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.lookups import check_known
from flopscope.trace.rules.table import RULES, overloads, rule
from flopscope.trace.specs import op_name
from flopscope.trace.unknown import KNOWN_ELEMENTS

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation

aten = torch.ops.aten


@rule("nonzero", "nonzero_numpy", "argwhere")
def nonzero(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Where an unknown tensor is nonzero: everywhere, or in as many places as is assumed."""
    tensor = args[0]
    if tensor.numel() <= KNOWN_ELEMENTS:
        mask = _mask(mode, func, tensor) if mode.is_unknown(tensor) else tensor
        return mode.compute_and_record(func, (mask,), kwargs)
    each = _positions_in_large(mode, func, tensor)
    found: Any = each
    if func is not aten.nonzero_numpy.default:
        count = each[0].numel()
        found = mode.make_unknown((torch.Size((count, len(each))), (1, count), torch.int64))
    mode.record_result(func, args, kwargs, found)
    return found


def where(
    mode: PartialEvaluation, _func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """``torch.where(condition)`` is ``nonzero``."""
    return nonzero(mode, aten.nonzero_numpy.default, args, kwargs)


RULES[aten.where.default] = where


@rule("masked_select")
def masked_select(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """What a mask selects, as an index."""
    source, mask = args[:2]
    if not mode.any_unknown(source, mask):
        return mode.compute_and_record(func, args, kwargs)
    shape = torch.broadcast_shapes(source.shape, mask.shape)
    with mode:
        return source.expand(shape)[mask.expand(shape)]


@rule("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index", "_unsafe_index_put")
def index(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Masks among the indices become the positions where they are true."""
    positions: list[Any] = []
    for entry in args[1]:
        if entry is None or entry.dtype not in (torch.bool, torch.uint8):
            positions.append(entry)
            continue
        if entry.numel() > KNOWN_ELEMENTS:
            positions.extend(_positions_in_large(mode, func, entry))
            continue
        mask = _mask(mode, func, entry) if mode.is_unknown(entry) else entry
        found = mode.compute(aten.nonzero_numpy.default, (mask,), {})
        mode.derive(entry, found)
        positions.extend(found)
    for dim, indices in enumerate(positions[: args[0].dim()]):
        check_known(mode, args[0], dim, indices, wraps=True)
    return mode.evaluate(func, (args[0], positions, *args[2:]), kwargs)


@rule("_unique2", "unique_dim", "unique_consecutive", "_unique")
def unique(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Unknown values are all different, or as many of them as is assumed."""
    tensor = args[0]
    if not mode.is_unknown(tensor):
        return mode.compute_and_record(func, args, kwargs)
    different = max(mode.assumed_count("unique", tensor.numel()), 1)
    mode.assume("unique", op_name(func), f"{different} of {tensor.numel()} values are different")
    distinct = (torch.arange(tensor.numel()) % different).reshape(tensor.shape)
    found, *others = func(distinct, *args[1:], **kwargs)
    values = mode.make_unknown((found.shape, found.stride(), tensor.dtype))
    mode.record_result(func, args, kwargs, (values, *others))
    return (values, *others)


@rule("repeat_interleave")
def repeat_interleave(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Unknown numbers of repeats are one each."""
    repeats = args[0] if func is aten.repeat_interleave.Tensor else args[1]
    if not isinstance(repeats, torch.Tensor):
        return mode.evaluate(func, args, kwargs)
    if func is not aten.repeat_interleave.Tensor:
        with mode:
            return func.decompose(*args, **kwargs)
    if mode.is_unknown(repeats) and kwargs.get("output_size") is None:
        times = int(mode.assumed("repeats"))
        mode.assume("repeats", op_name(func), f"every element is repeated {times}x")
        each = torch.full(repeats.shape, times, dtype=repeats.dtype)
        mode.derive(repeats, each)
        repeats = each
    elif mode.is_unknown(repeats):
        return mode.evaluate(func, args, kwargs)
    return mode.compute_and_record(func, (repeats, *args[1:]), kwargs)


def nms(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """No unknown box suppresses another: as many survive as the detector is set to keep."""
    boxes, scores = args[:2]
    if not mode.any_unknown(boxes, scores):
        return mode.compute_and_record(func, args, kwargs)
    kept = torch.arange(mode.assumed_count("nms", boxes.shape[0]))
    share = f"{mode.assumed('nms'):.0%}"
    mode.assume("nms", op_name(func), f"{share} of the boxes survive those that overlap them")
    mode.record_result(func, args, kwargs, kept)
    return kept


def load_torchvision_rules() -> None:
    """Enter the rules of torchvision's operators, which exist once it is imported."""
    RULES.update(dict.fromkeys(overloads("torchvision.nms"), nms))


def _mask(mode: PartialEvaluation, func: Any, tensor: torch.Tensor) -> torch.Tensor:
    true = _number_true(mode, func, tensor)
    mask = (torch.arange(tensor.numel()) < true).reshape(tensor.shape)
    mode.derive(tensor, mask)
    return mask


def _positions_in_large(
    mode: PartialEvaluation, func: Any, tensor: torch.Tensor
) -> list[torch.Tensor]:
    """A vector of unknown positions per dimension, where a mask of ours would take much memory."""
    size = torch.Size((_number_true(mode, func, tensor),))
    positions = [mode.make_unknown((size, (1,), torch.int64)) for _ in tensor.shape]
    mode.derive(tensor, positions)
    return positions


def _number_true(mode: PartialEvaluation, func: Any, tensor: torch.Tensor) -> int:
    compact = mode.knowledge.compact(tensor)
    if compact is not None:
        return int(compact.count_nonzero()) * tensor.numel() // compact.numel()
    share = f"{mode.assumed('nonzero'):.0%}"
    mode.assume("nonzero", op_name(func), f"{share} of the elements are nonzero or true")
    return mode.assumed_count("nonzero", tensor.numel())
