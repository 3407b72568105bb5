"""Tensors to try an operator on in the place of a program's: of the same shape, and no values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from flopscope.trace.specs import map_tensors
from flopscope.trace.unknown import CPU, META, key_of, meta_tensor


def to_meta(value: Any) -> Any:
    """An argument with its tensors on the meta device, which it is for every device, too."""
    if isinstance(value, torch.device):
        return META
    return map_tensors(lambda tensor: meta_tensor(key_of(tensor)), value)


def to_zeros(value: Any) -> Any:
    """An argument with zeros on the CPU in the place of its tensors."""
    if isinstance(value, torch.device):
        return CPU
    return map_tensors(_zeros, value)


def _zeros(tensor: torch.Tensor) -> torch.Tensor:
    shape, strides, dtype = key_of(tensor)
    if dtype in _QUANTISED:
        return torch._empty_affine_quantized(shape, scale=1.0, zero_point=0, dtype=dtype)
    return torch.empty_strided(shape, strides, dtype=dtype, device=CPU).zero_()


_QUANTISED = (torch.quint8, torch.qint8, torch.qint32)


def quantises(values: Iterable[Any]) -> bool:
    """Whether an argument is of a quantised type, or names one."""
    return any(
        value in _QUANTISED
        if isinstance(value, torch.dtype)
        else isinstance(value, torch.Tensor) and value.dtype in _QUANTISED
        for value in values
    )
