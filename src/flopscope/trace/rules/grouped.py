"""A product of every group of rows with its own matrix, as experts run: its shape in any dtype."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import rule
from flopscope.trace.specs import arguments_by_name
from flopscope.trace.unknown import META

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation

_ROW_ALIGNMENT = 16
"""Rows of the output begin at multiples of so many bytes (ATen/native/GroupedMMUtils.h)."""


@rule("_grouped_mm")
def grouped_product(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """The meta device refuses dtypes that the CPU takes, and so is not asked."""
    if not mode.any_unknown(*args, *kwargs.values()):
        return mode.compute_and_record(func, args, kwargs)
    bound = arguments_by_name(func, args, kwargs)
    left, right = bound["self"], bound["mat2"]
    if left.shape[-1] != right.shape[-2]:
        raise RuntimeError("contraction dimension of mat_a and mat_b must match")
    shape = _shape(left, right, bound["offs"])
    dtype = bound["out_dtype"] or left.dtype
    step = _ROW_ALIGNMENT // dtype.itemsize
    padded = torch.empty((*shape[:-1], -(-shape[-1] // step) * step), device=META)
    product = mode.make_unknown((torch.Size(shape), padded.stride(), dtype))
    mode.record_result(func, args, kwargs, product)
    return product


def _shape(left: torch.Tensor, right: torch.Tensor, ends: torch.Tensor | None) -> tuple[int, ...]:
    """Where only one operand has a dimension for the groups, the other's rows are grouped."""
    sides = (left.shape[-2], right.shape[-1])
    if left.dim() != right.dim():
        return sides
    if left.dim() == 3:
        return (left.shape[0], *sides)
    assert ends is not None  # torch refuses a product of two matrices without groups
    return (ends.shape[0], *sides)
