"""Operands that torch refuses on every device but meta, and so a trace does, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from flopscope.trace.specs import dtype_name, op_name, tensors_among

aten = torch.ops.aten


def refuse_what_meta_takes(func: Any, bound: Mapping[str, Any]) -> None:
    """Raise where every device but meta would.

    Args:
        func: the operator.
        bound: its arguments by name.

    Raises:
        RuntimeError: its operands have different dtypes, or sizes that do not fit.
    """
    packet = func.overloadpacket
    if packet in _TRANSPOSED:
        _refuse_channels(func, bound["input"], bound["weight"])
    if packet in _OF_ONE_DTYPE:
        _refuse_mixed_dtypes(func, tensors_among(bound.values()))
    elif packet in _NORMS:
        _refuse_mixed_scales(func, bound)


def check_indices(table: int, indices: torch.Tensor, *, least: int = 0) -> None:
    """Raise what a real run does where known indices lie outside of a table.

    Args:
        table: how many rows it has.
        indices: with values.
        least: the lowest index that is allowed.

    Raises:
        IndexError: one of them does.
    """
    if not indices.numel():
        return
    low, high = (int(bound) for bound in indices.aminmax())
    if low < least or high >= table:
        wrong = high if high >= table else low
        raise IndexError(f"index {wrong} is out of range for {table} rows")


_NORMS = frozenset((aten.batch_norm, aten.layer_norm, aten.group_norm))
_TRANSPOSED = frozenset((aten.conv_transpose1d, aten.conv_transpose2d, aten.conv_transpose3d))
_OF_ONE_DTYPE = _TRANSPOSED | {
    getattr(aten, name)
    for name in (
        *("linear", "matmul", "mm", "bmm", "addmm", "baddbmm", "mv", "dot"),
        *("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"),
    )
}
_HALVES = (torch.float16, torch.bfloat16)


def _refuse_mixed_dtypes(func: Any, operands: list[torch.Tensor]) -> None:
    dtypes = {tensor.dtype for tensor in operands}
    if len(dtypes) > 1:
        mixed = " and ".join(sorted(map(dtype_name, dtypes)))
        raise RuntimeError(f"the operands of {op_name(func)} have different dtypes, {mixed}")


def _refuse_mixed_scales(func: Any, bound: Mapping[str, Any]) -> None:
    """Half precision goes with scales in single precision; nothing else with another dtype."""
    given, weight = bound["input"], bound.get("weight")
    if not given.dtype.is_floating_point:
        raise NotImplementedError(f"{op_name(func)} is not there for {dtype_name(given.dtype)}")
    if weight is None or weight.dtype == given.dtype:
        return
    if not (given.dtype in _HALVES and weight.dtype == torch.float32):
        _refuse_mixed_dtypes(func, [given, weight])


def _refuse_channels(func: Any, given: torch.Tensor, weight: torch.Tensor) -> None:
    sides = weight.dim() - 2
    if given.dim() in (sides + 1, sides + 2) and given.shape[-sides - 1] != weight.shape[0]:
        channels = f"{weight.shape[0]} channels, got {given.shape[-sides - 1]}"
        raise RuntimeError(f"{op_name(func)} expects {channels}")
