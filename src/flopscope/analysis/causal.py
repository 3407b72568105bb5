"""What of causal attention falls on masked scores: it is counted, as all attention is, dense."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from flopscope.records import Operation, TensorSpec, Trace

_FORWARD = (1, 1)
_BACKWARD = (3, 2)
"""Products of each score with the channels of queries, and with those of values."""

ATTENTION: Mapping[str, tuple[int, int]] = {
    f"aten.{name}{direction}": products
    for name in (
        "scaled_dot_product_attention",
        "_scaled_dot_product_flash_attention",
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_efficient_attention",
        "_scaled_dot_product_cudnn_attention",
        "_scaled_dot_product_fused_attention_overrideable",
    )
    for direction, products in (("", _FORWARD), ("_backward", _BACKWARD))
}
"""Attention over (..., length, channels) by operator, fused kernels and their derivatives too."""


def masked_macs(trace: Trace) -> int:
    """MACs of attention called as causal that a kernel which skips masked scores does not do."""
    known: dict[Operation, int] = {}
    total = 0
    for call in trace.calls:
        if call.operation.op in ATTENTION and call.operation.args.get("is_causal"):
            if call.operation not in known:
                known[call.operation] = _masked(call.operation)
            total += known[call.operation]
    return total


def _masked(operation: Operation) -> int:
    query, key, value = _operands(operation)
    rows, columns = query.shape[-2], key.shape[-2]
    seen = sum(min(row + 1, columns) for row in range(rows))  # the lower triangle, as torch masks
    heads = math.prod(query.shape[:-2])
    of_query, of_value = ATTENTION[operation.op]
    channels = of_query * query.shape[-1] + of_value * value.shape[-1]
    return heads * (rows * columns - seen) * channels


def _operands(operation: Operation) -> Iterator[TensorSpec]:
    for name in ("query", "key", "value"):
        found = operation.args[name]
        assert isinstance(found, TensorSpec)
        yield found
