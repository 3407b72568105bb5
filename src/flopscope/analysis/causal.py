"""What of causal attention falls on masked scores: it is counted, as all attention is, dense."""

from __future__ import annotations

import math

from flopscope.records import Operation, Trace

ATTENTION = "aten.scaled_dot_product_attention"


def masked_macs(trace: Trace) -> int:
    """MACs of attention called as causal that a kernel which skips masked scores does not do."""
    known: dict[Operation, int] = {}
    total = 0
    for call in trace.calls:
        if call.operation.op == ATTENTION and call.operation.args.get("is_causal"):
            if call.operation not in known:
                known[call.operation] = _masked(call.operation)
            total += known[call.operation]
    return total


def _masked(operation: Operation) -> int:
    query, key, value = list(operation.tensors())[:3]
    rows, columns = query.shape[-2], key.shape[-2]
    seen = sum(min(row + 1, columns) for row in range(rows))  # the lower triangle, as torch masks
    heads = math.prod(query.shape[:-2])
    return heads * (rows * columns - seen) * (query.shape[-1] + value.shape[-1])
