"""A language model of one's own: it takes tokens and a cache, and returns scores and the cache."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

Held = tuple[Tensor, Tensor]
"""The keys and values of the tokens so far, of one layer."""


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, past: Held | None) -> tuple[Tensor, Held]:
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).transpose(1, 3).unbind(2)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        attended = scaled_dot_product_attention(q, k, v, is_causal=past is None)
        return self.out(attended.transpose(1, 2).flatten(2)), (k, v)


class Decoder(nn.Module):
    """Layers of attention alone, with a cache of their keys and values."""

    def __init__(self, words: int = 1000, width: int = 64, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.layers = nn.ModuleList(Attention(width, heads) for _ in range(layers))
        self.scores = nn.Linear(width, words, bias=False)

    def forward(self, tokens: Tensor, cache: list[Held] | None = None) -> tuple[Tensor, list[Held]]:
        x = self.embedding(tokens)
        held = []
        for place, layer in enumerate(self.layers):
            attended, own = layer(x, cache[place] if cache else None)
            x = x + attended
            held.append(own)
        return self.scores(x), held
