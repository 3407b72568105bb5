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

    A causal mask does not lower the count (see :func:`causal_pairs`), and grouped key and value
    heads do not either: every query head multiplies with one of them.
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
def attention_triton(q: TensorSpec, k: TensorSpec, out: TensorSpec, dropout_p: float = 0.0) -> Cost:
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


@formula(
    "aten._flash_attention_forward",
    "aten._flash_attention_forward_no_dropout_inplace",
    "aten._cudnn_attention_forward",
    "aten._cudnn_attention_forward_no_dropout_inplace",
)
def attention_by_token(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    cum_seq_q: TensorSpec | None = None,
    attn_bias: TensorSpec | None = None,
    dropout_p: float = 0.0,
) -> Cost:
    """As :func:`attention` over (batch, length, heads, channels), or over packed sequences."""
    query, key, value = (by_head(tensor, cum_seq_q) for tensor in (query, key, value))
    out = TensorSpec((*query.shape[:-1], value.shape[-1]))
    return attention(query, key, out, attn_bias, dropout_p)


@formula("aten._efficient_attention_forward")
def attention_by_token_efficient(
    query: TensorSpec,
    key: TensorSpec,
    value: TensorSpec,
    cu_seqlens_q: TensorSpec | None = None,
    bias: TensorSpec | None = None,
    dropout_p: float = 0.0,
) -> Cost:
    """As :func:`attention_by_token`."""
    return attention_by_token(query, key, value, cu_seqlens_q, bias, dropout_p)


def by_head(tokens: TensorSpec, starts: TensorSpec | None) -> TensorSpec:
    """(batch, length, heads, channels) as (batch, heads, length, channels).

    Packed sequences, (tokens, heads, channels) or a batch of one of those, are taken as equally
    long: ``starts`` holds one entry more than there are sequences.
    """
    *batch, length, heads, channels = tokens.shape
    if starts is not None:
        batch, length = [starts.numel - 1], length // (starts.numel - 1)
    return TensorSpec((*batch, heads, length, channels), tokens.dtype)
