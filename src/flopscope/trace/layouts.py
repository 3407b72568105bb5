"""How a GPU lays out what it returns, where the meta device says otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import torch

from flopscope.trace.rules.table import overloads
from flopscope.trace.specs import arguments_by_name, spec_of
from flopscope.trace.steps import Step
from flopscope.trace.unknown import META, SpecKey, meta_tensor

Layout: TypeAlias = Callable[[Mapping[str, Any], SpecKey], "tuple[int, ...] | None"]
"""The strides of an operator's result, given its arguments by name; None where meta is right."""


def laid_out(step: Step, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Step:
    """A step with the strides of a GPU in the place of the meta device's."""
    layout = _LAYOUTS.get(func)
    if layout is None or step.operation is None or step.fresh is None:
        return step
    strides = layout(arguments_by_name(func, args, kwargs), step.fresh)
    if strides is None or strides == step.fresh[1]:
        return step
    shape, _, dtype = step.fresh
    output = spec_of(meta_tensor((shape, strides, dtype)))
    operation = replace(step.operation, outputs=(output,))
    return replace(step, operation=operation, fresh=(shape, strides, dtype))


def _convolution(bound: Mapping[str, Any], made: SpecKey) -> tuple[int, ...] | None:
    """Channels last if the input's or the weight's are (cuDNN: ATen/native/ConvUtils.h).

    Not of float64, nor of a depthwise one in three dimensions, which aren't cuDNN's.
    """
    shape, _, dtype = made
    given, weight = bound["input"], bound["weight"]
    if given.dim() != weight.dim() or weight.dim() not in _CHANNELS_LAST:
        return None
    is_depthwise = bound["groups"] == given.shape[1] > 1
    last = has_channels_last(given) or has_channels_last(weight)
    if dtype == torch.float64 or (weight.dim() == 5 and is_depthwise):
        last = False
    memory_format = _CHANNELS_LAST[weight.dim()] if last else torch.contiguous_format
    return torch.empty(shape, device=META, memory_format=memory_format).stride()


_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def has_channels_last(tensor: torch.Tensor) -> bool:
    """Whether torch takes a tensor's channels to be last in memory.

    By strides that do not decrease from the channels to the samples (c10/core/MemoryFormat.h),
    since of one channel or one pixel both layouts are true.
    """
    shape, strides = tensor.shape, tensor.stride()
    if len(shape) not in _CHANNELS_LAST or strides[1] == 0:
        return False
    least = 0
    for place in (1, *range(len(shape) - 1, 1, -1), 0):
        if shape[place] == 0 or strides[place] < least:
            return False
        if place == 0 and least == strides[1]:
            return False
        least = strides[place] * max(shape[place], 1)
    return True


def _attention(bound: Mapping[str, Any], made: SpecKey) -> tuple[int, ...] | None:
    """Heads inside of tokens, unless torch computes the scores (ATen/native/transformers/cuda).

    Flash attention, of half precision without a mask, lays its result out as the query lies; the
    memory-efficient one in its own order.
    """
    shape, _, dtype = made
    query = bound["query"]
    if query.dim() != 4 or dtype == torch.float64:
        return None
    if not (dtype in _HALF and bound["attn_mask"] is None and shape[-1] <= _FLASH_WIDTH):
        return _by_token(shape)
    if query.shape[-1] != shape[-1]:  # of values that are of another width than the keys
        return _by_token(shape)
    by_token = meta_tensor((query.shape, query.stride(), dtype)).transpose(1, 2)
    return torch.empty_like(by_token).transpose(1, 2).stride()


_HALF = (torch.float16, torch.bfloat16)
_FLASH_WIDTH = 256


def _by_token(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of samples, heads, tokens and features in the order samples, tokens, heads."""
    _, heads, tokens, width = shape
    return math.prod((tokens, heads, width)), width, heads * width, 1


_LAYOUTS: Mapping[Any, Layout] = {
    **dict.fromkeys(overloads("conv2d", "conv3d"), _convolution),
    **dict.fromkeys(overloads("conv_transpose2d", "conv_transpose3d"), _convolution),
    torch.ops.aten.scaled_dot_product_attention.default: _attention,
}
