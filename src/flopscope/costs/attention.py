"""Attention, forward: two matrix products and a softmax over all scores, masked or not."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.costs.softmax import SOFTMAX
from flopscope.records import TensorSpec


@formula(
    "aten.scaled_dot_product_attention",
    "aten._scaled_dot_product_attention_math",
    "aten._scaled_dot_product_attention_math_for_mps",
    "aten._scaled_dot_product_flash_attention",
    "aten._scaled_dot_product_flash_attention_for_cpu",
)
def attention(
    query: TensorSpec,
    key: TensorSpec,
    out: TensorSpec,
    attn_mask: TensorSpec | None = None,
    dropout_p: float = 0.0,
) -> Cost:
    """``softmax(q @ k.T * scale + mask) @ v`` over (..., length, channels), counted dense.

    A causal mask does not lower the count (see :func:`causal_pairs`), and grouped key and value heads
    do not either: every query head multiplies with one of them.
    """
    scores = math.prod(out.shape[:-1]) * key.shape[-2]
    return attend(scores, query.shape[-1], out.shape[-1], attn_mask is not None, dropout_p)


@formula(
    "aten._scaled_dot_product_efficient_attention",
    "aten._scaled_dot_product_cudnn_attention",
    "aten._scaled_dot_product_fused_attention_overrideable",
)
def attention_with_bias(
    query: TensorSpec,
    key: TensorSpec,
    out: TensorSpec,
    attn_bias: TensorSpec | None = None,
    dropout_p: float = 0.0,
) -> Cost:
    """As :func:`attention`."""
    return attention(query, key, out, attn_bias, dropout_p)


@formula("higher_order.flex_attention")
def flex_attention(query: TensorSpec, key: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`attention`, dense: what the block mask skips and ``score_mod`` adds is not seen."""
    return attention(query, key, out)


@formula("aten._triton_scaled_dot_attention")
def attention_triton(
    q: TensorSpec, k: TensorSpec, out: TensorSpec, dropout_p: float = 0.0
) -> Cost:
    """As :func:`attention`."""
    return attention(q, k, out, None, dropout_p)


def attend(
    scores: int, query_channels: int, value_channels: int, masked: bool, dropout_p: float
) -> Cost:
    """One query-key product, softmax and value product per score.

    Per score a multiply-accumulate per query channel and per value channel; 1 FLOP for the scale, 5
    for the softmax, 1 for adding a mask and 2 for dropout.
    """
    per_score = 1 + SOFTMAX + masked + 2 * (dropout_p > 0)
    return Cost(scores * (query_channels + value_channels), scores * per_score)


def causal_pairs(queries: int, keys: int) -> int:
    """Of the queries x keys scores, those that a causal mask keeps (query i sees keys 0 to i)."""
    seen = min(queries, keys)
    return seen * (seen + 1) // 2 + (queries - seen) * keys


@formula("aten._native_multi_head_attention", "aten._triton_multi_head_attention")
def multi_head_attention(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    embed_dim: int,
    num_head: int,
    mask: TensorSpec | None = None,
    need_weights: bool = False,
    average_attn_weights: bool = False,
) -> Cost:
    """The four projections with their biases, and the attention between the first three and the last.

    Returned weights are averaged over the heads: an addition per score and a division per average.
    """
    batch, queries, _ = query.shape
    scores = batch * num_head * queries * key.shape[1]
    projected = 2 * query.numel + key.numel + value.numel
    channels = embed_dim // num_head
    averaged = need_weights and average_attn_weights
    average = (scores + scores // num_head) * averaged
    return Cost(projected * embed_dim, projected + average) + attend(
        scores, channels, channels, mask is not None, 0.0
    )
