"""Attention's derivatives as fused kernels take them: the scores are computed again, not kept."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.costs.attention import by_head
from flopscope.records import Operation, TensorSpec

_BY_HEAD = (
    "aten._scaled_dot_product_flash_attention_backward",
    "aten._scaled_dot_product_flash_attention_for_cpu_backward",
    "aten._scaled_dot_product_cudnn_attention_backward",
    "aten._scaled_dot_product_fused_attention_overrideable_backward",
)
_EFFICIENT = "aten._scaled_dot_product_efficient_attention_backward"


@formula(*_BY_HEAD)
def attention_backward(
    grad_out: TensorSpec, query: TensorSpec, key: TensorSpec, dropout_p: float
) -> Cost:
    """Five products over (..., length, channels).

    Per score s with probability p: q . k again, do . v, and the terms of dq, dk and dv, so 3
    multiply-accumulates per query channel and 2 per value channel. 1 FLOP scales s, 2 give ``p =
    exp(s - logsumexp)``, 2 give ``p * (dp - delta)``, 1 scales it; dropout takes 2 for p and 2 for
    dp. ``delta = sum(do * o)`` takes 2 per output element.
    """
    scores = math.prod(grad_out.shape[:-1]) * key.shape[-2]
    channels = 3 * query.shape[-1] + 2 * grad_out.shape[-1]
    per_score = 6 + 4 * (dropout_p > 0)
    return Cost(scores * channels, scores * per_score + 2 * grad_out.numel)


@formula(_EFFICIENT)
def attention_backward_efficient(
    grad_out_: TensorSpec, query: TensorSpec, key: TensorSpec, dropout_p: float
) -> Cost:
    """As :func:`attention_backward`."""
    return attention_backward(grad_out_, query, key, dropout_p)


@formula("aten._flash_attention_backward", "aten._cudnn_attention_backward")
def attention_backward_by_token(
    grad_out: TensorSpec,
    query: TensorSpec,
    key: TensorSpec,
    dropout_p: float,
    cum_seq_q: TensorSpec | None = None,
) -> Cost:
    """As :func:`attention_backward` over (batch, length, heads, channels), or packed sequences."""
    grad, query, key = (by_head(tensor, cum_seq_q) for tensor in (grad_out, query, key))
    return attention_backward(grad, query, key, dropout_p)


@formula("aten._efficient_attention_backward")
def attention_backward_by_token_efficient(
    grad_out_: TensorSpec,
    query: TensorSpec,
    key: TensorSpec,
    dropout_p: float,
    cu_seqlens_q: TensorSpec | None = None,
) -> Cost:
    """As :func:`attention_backward_by_token`."""
    return attention_backward_by_token(grad_out_, query, key, dropout_p, cu_seqlens_q)


def recomputed(operation: Operation) -> Cost:
    """The part of a fused backward pass that is forward work done again: scores and softmax.

    One product of the five, the scale of each score and ``exp(s - logsumexp)``. Nothing of any
    other operator.
    """
    if operation.op not in (*_BY_HEAD, _EFFICIENT):
        return Cost()
    query, key = operation.args["query"], operation.args["key"]
    assert isinstance(query, TensorSpec)
    assert isinstance(key, TensorSpec)
    scores = math.prod(query.shape[:-1]) * key.shape[-2]
    return Cost(scores * query.shape[-1], 3 * scores)
