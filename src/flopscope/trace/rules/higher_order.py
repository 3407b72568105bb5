"""Operators that take functions: they reach a dispatch mode as they are, without a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.records import Operation
from flopscope.trace.rules.table import RULES
from flopscope.trace.specs import spec_of

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation


def flex_attention(
    mode: PartialEvaluation, _func: Any, args: tuple[Any, ...], _kwargs: Mapping[str, Any]
) -> Any:
    """Attention over all positions: its output, the log of its sums, and its largest scores."""
    query, _, value = args[:3]
    rows = torch.empty(query.shape[:-1], dtype=torch.float32, device="meta")
    attended = torch.empty((*query.shape[:-1], value.shape[-1]), dtype=query.dtype, device="meta")
    results = tuple(
        mode.make_unknown((meta.shape, meta.stride(), meta.dtype))
        for meta in (attended, rows, rows)
    )
    mode.record(flex_attention_operation(args, results), args[:3], results)
    return results


def flex_attention_operation(args: tuple[Any, ...], results: tuple[Any, ...]) -> Operation:
    """The record of it, which has no schema to make one from."""
    query, key, value = map(spec_of, args[:3])
    return Operation(
        op="higher_order.flex_attention",
        overload="",
        args={"query": query, "key": key, "value": value},
        outputs=tuple(map(spec_of, results)),
    )


def load_attention_rule() -> None:
    """Enter the rule of flex_attention, which exists wherever torch's compiler was imported."""
    operator = getattr(torch.ops.higher_order, "flex_attention", None)
    if operator is not None:
        RULES[operator] = flex_attention
