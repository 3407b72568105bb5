from __future__ import annotations

import pytest

from flopscope.analysis.causal import masked_macs
from flopscope.records import Call, ModuleSpec, Operation, TensorSpec, Trace


def attention(rows: int, columns: int, *, is_causal: bool) -> Trace:
    query, key = TensorSpec((2, 3, rows, 8)), TensorSpec((2, 3, columns, 8))
    operation = Operation(
        op="aten.scaled_dot_product_attention",
        overload="default",
        args={"query": query, "key": key, "value": key, "is_causal": is_causal},
        outputs=(query,),
    )
    return Trace((ModuleSpec("", "Attention"),), (Call(operation), Call(operation)))


def test_without_a_causal_mask_nothing_is_masked() -> None:
    assert masked_macs(attention(4, 4, is_causal=False)) == 0


@pytest.mark.parametrize(
    ("rows", "columns", "masked"),
    [(4, 4, 3 + 2 + 1), (1, 4, 3), (4, 2, 1), (2, 4, 3 + 2)],
)
def test_scores_above_the_diagonal_are_masked(rows: int, columns: int, masked: int) -> None:
    calls, heads, channels = 2, 2 * 3, 8 + 8
    assert (
        masked_macs(attention(rows, columns, is_causal=True)) == calls * heads * masked * channels
    )


def test_a_fused_backward_pass_meets_each_score_five_times() -> None:
    # The score again, its derivative, and the terms of those of query, key and value.
    forward, backward = (
        fused("aten._scaled_dot_product_flash_attention_for_cpu" + direction)
        for direction in ("", "_backward")
    )
    heads, masked, queries, values = 2 * 3, 3 + 2 + 1, 8, 5
    assert masked_macs(forward) == heads * masked * (queries + values)
    assert masked_macs(backward) == heads * masked * (3 * queries + 2 * values)


def fused(op: str) -> Trace:
    query, value = TensorSpec((2, 3, 4, 8)), TensorSpec((2, 3, 4, 5))
    given = {"grad_out": value, "query": query, "key": query, "value": value, "is_causal": True}
    if not op.endswith("_backward"):
        del given["grad_out"]
    return Trace((ModuleSpec("", "Attention"),), (Call(Operation(op, "default", given, (value,))),))
