"""Operators that look rows up: known indices must be in range, as in a real run.

Positions that rest on an assumption are not held against a table: they are not the program's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.refusals import check_indices
from flopscope.trace.rules.table import rule
from flopscope.trace.specs import arguments_by_name

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation


@rule("embedding", "embedding_bag")
def embedding(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Rows of a table of vectors."""
    bound = arguments_by_name(func, args, kwargs)
    check_known(mode, bound["weight"], 0, bound["indices"])
    return mode.evaluate(func, args, kwargs)


@rule("index_select", "gather")
def along(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Elements along a dimension."""
    bound = arguments_by_name(func, args, kwargs)
    if bound["self"].dim() and isinstance(bound["dim"], int):
        check_known(mode, bound["self"], bound["dim"], bound["index"])
    return mode.evaluate(func, args, kwargs)


def check_known(
    mode: PartialEvaluation, table: torch.Tensor, dim: int, indices: Any, *, wraps: bool = False
) -> None:
    """Raise IndexError where indices that are known lie outside of a table that is not.

    Args:
        mode: knows which are.
        table: what is looked up in.
        dim: the dimension that the indices count along.
        indices: if they are a tensor of whole numbers.
        wraps: whether a negative index counts from the end.
    """
    if not isinstance(indices, torch.Tensor) or indices.dtype not in _INDICES:
        return
    if mode.is_unknown(indices) or not mode.is_unknown(table):
        return  # torch itself looks at them where both are known
    if not mode.knowledge.suppositions((indices,)):
        rows = table.shape[dim]
        check_indices(rows, indices, least=-rows if wraps else 0)


_INDICES = (torch.int32, torch.int64)
