"""Models that formulas.py derives laws of and that no library has by name."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

HEADS, WIDTH_OF_HEAD, LAYERS = 32, 128, 32
"""Of Llama-2-7B."""


class Recurrent(nn.Module):
    """A recurrent network of 64 features and 128 hidden units, and a linear layer behind it."""

    def __init__(self, network: type[nn.RNNBase], layers: int, *, is_bidirectional: bool) -> None:
        super().__init__()
        self.network = network(64, 128, layers, batch_first=True, bidirectional=is_bidirectional)
        self.head = nn.Linear(256 if is_bidirectional else 128, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.network(x)[0])


def lstm() -> nn.Module:
    """Two layers, one after the other."""
    return Recurrent(nn.LSTM, 2, is_bidirectional=False)


def gru() -> nn.Module:
    """One layer, in both directions."""
    return Recurrent(nn.GRU, 1, is_bidirectional=True)


def twice(inputs: int, outputs: int) -> nn.Module:
    """Two convolutions with a norm and an activation after each."""
    layers: list[nn.Module] = []
    for width in (inputs, outputs):
        layers += [
            nn.Conv2d(width, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Ronneberger's, with padding: four times down by pooling, up by transposed convolution."""

    def __init__(self, width: int = 64, levels: int = 4) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(levels + 1)]
        self.down = nn.ModuleList(map(twice, [3, *widths], widths))
        rising = widths[-2::-1]
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * to, to, 2, 2) for to in rising)
        self.joined = nn.ModuleList(twice(2 * to, to) for to in rising)
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skipped = []
        for block in self.down[:-1]:
            x = block(x)
            skipped.append(x)
            x = max_pool2d(x, 2)
        x = self.down[-1](x)
        for up, block in zip(self.up, self.joined, strict=True):
            x = block(torch.cat([skipped.pop(), up(x)], dim=1))
        return self.head(x)


def one_token(B: int, P: int) -> dict[str, Any]:  # noqa: N803 - symbols
    """What Llama-2-7B is given for one token more, after P tokens of each of B texts."""
    from transformers import DynamicCache

    cache = DynamicCache()
    for layer in range(LAYERS):
        past = torch.zeros(B, HEADS, P, WIDTH_OF_HEAD)
        cache.update(past, past.clone(), layer)
    return {"input_ids": torch.zeros(B, 1, dtype=torch.long), "past_key_values": cache}
