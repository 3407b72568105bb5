"""torch's fused modules: multi-head attention and the transformer encoder layer."""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.costs.attention import attend
from flopscope.costs.normalization import layer_norm
from flopscope.records import TensorSpec


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
    """Attention between projections of query, key and value, and the projection of its result.

    Each projection has a bias. Weights that are asked for as an average over the heads take an
    addition per score and a division per average.
    """
    batch, queries, _ = query.shape
    scores = batch * num_head * queries * key.shape[1]
    projected = 2 * query.numel + key.numel + value.numel
    averaged = need_weights and average_attn_weights
    average = (scores + scores // num_head) if averaged else 0
    channels = embed_dim // num_head
    between = attend(scores, channels, channels, mask is not None, 0.0)
    return Cost(projected * embed_dim, projected + average) + between


@formula("aten._transformer_encoder_layer_fwd")
def encoder_layer(
    src: TensorSpec,
    embed_dim: int,
    num_heads: int,
    use_gelu: bool,
    ffn_weight_1: TensorSpec,
    mask: TensorSpec | None = None,
) -> Cost:
    """Self-attention and two linear layers, each with its residual sum and layer norm."""
    attention = multi_head_attention(src, src, src, embed_dim, num_heads, mask)
    tokens = src.numel // embed_dim
    inner = tokens * ffn_weight_1.shape[0]
    activation = 5 if use_gelu else 1
    feed_forward = Cost(2 * inner * embed_dim, inner * (1 + activation) + src.numel)
    affine = TensorSpec((embed_dim,))
    norm = layer_norm(src, (embed_dim,), affine, affine)
    residuals = Cost(other_flops=2 * src.numel)
    return attention + feed_forward + norm + norm + residuals


@formula("aten._transform_bias_rescale_qkv")
def split_heads(qkv: TensorSpec) -> Cost:
    """A bias per element, and a scale per element of the query, a third of them."""
    return Cost(other_flops=qkv.numel + qkv.numel // 3)
