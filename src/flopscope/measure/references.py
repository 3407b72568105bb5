"""Models that a device is calibrated with: small ones of the kinds that networks are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Reference:
    """Something to run on a device.

    Attributes:
        name: what it is like.
        build: makes it.
        sample: the shape of one sample.
        batches: how many samples to try, smallest first.
        dtype: of it and its input; float32 is cast by autocast.
    """

    name: str
    build: Callable[[], nn.Module]
    sample: tuple[int, ...]
    batches: tuple[int, ...] = (64, 128, 256, 512, 1024)
    dtype: torch.dtype = torch.float32


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut, as in residual networks (arXiv:1512.03385)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        middle = outside // 4
        self.body = nn.Sequential(
            *_convolved(inside, middle, 1),
            nn.ReLU(inplace=True),
            *_convolved(middle, middle, 3, stride),
            nn.ReLU(inplace=True),
            *_convolved(middle, outside, 1),
        )
        is_alike = stride == 1 and inside == outside
        self.shortcut = (
            nn.Identity() if is_alike else nn.Sequential(*_convolved(inside, outside, 1, stride))
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The sum, rectified."""
        return functional.relu(self.body(image) + self.shortcut(image), inplace=True)


class Separable(nn.Module):
    """Expand, filter each channel alone, project, as in mobile networks (arXiv:1801.04381)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        wide = 4 * inside
        self.body = nn.Sequential(
            *_convolved(inside, wide, 1),
            nn.SiLU(inplace=True),
            *_convolved(wide, wide, 3, stride, wide),
            nn.SiLU(inplace=True),
            *_convolved(wide, outside, 1),
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The result, on top of the image where both are of one shape."""
        result: torch.Tensor = self.body(image)
        return image + result if result.shape == image.shape else result


class Attention(nn.Module):
    """A block of a vision transformer (arXiv:2010.11929)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.perceptron = _perceptron(width, 4 * width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Tokens that have looked at each other."""
        batch, length, width = tokens.shape
        mixed = self.query_key_value(self.before(tokens))
        heads = mixed.reshape(batch, length, 3, self.heads, width // self.heads)
        attended = functional.scaled_dot_product_attention(*heads.permute(2, 0, 3, 1, 4).unbind(0))
        tokens = tokens + self.out(attended.transpose(1, 2).reshape(batch, length, width))
        further: torch.Tensor = self.perceptron(self.between(tokens))
        return tokens + further


class Mixer(nn.Module):
    """Perceptrons across tokens and across channels (arXiv:2105.01601)."""

    def __init__(self, width: int, length: int) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens, self.channels = _perceptron(length, 384), _perceptron(width, 4 * width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Tokens that have been mixed."""
        across = self.tokens(self.before(tokens).transpose(1, 2)).transpose(1, 2)
        tokens = tokens + across
        further: torch.Tensor = self.channels(self.between(tokens))
        return tokens + further


class Patches(nn.Module):
    """An image as a token for each square of it, worked up by blocks."""

    def __init__(self, width: int, *blocks: nn.Module) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, width, 16, 16)
        self.blocks = nn.Sequential(*blocks)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The mean token."""
        tokens: torch.Tensor = self.blocks(self.embed(image).flatten(2).transpose(1, 2))
        return tokens.mean(1)


class Copy(nn.Module):
    """A copy of its input."""

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """The same elements, elsewhere."""
        return given.clone()


def _convolved(
    inside: int, outside: int, side: int, stride: int = 1, groups: int = 1
) -> tuple[nn.Module, nn.Module]:
    """A convolution without bias and its norm."""
    convolution = nn.Conv2d(inside, outside, side, stride, side // 2, groups=groups, bias=False)
    return convolution, nn.BatchNorm2d(outside)


def _perceptron(width: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


def residual() -> nn.Module:
    """Four stages of two bottlenecks each."""
    widths = (64, 256, 512, 1024, 2048)
    stages = (
        (Bottleneck(inside, outside, 1 if place == 0 else 2), Bottleneck(outside, outside, 1))
        for place, (inside, outside) in enumerate(pairwise(widths))
    )
    blocks = [block for stage in stages for block in stage]
    stem = (*_convolved(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def separable() -> nn.Module:
    """Five stages of two separable blocks each."""
    widths = (24, 32, 48, 96, 160, 256)
    stages = (
        (Separable(inside, outside, 2 if place else 1), Separable(outside, outside, 1))
        for place, (inside, outside) in enumerate(pairwise(widths))
    )
    blocks = [block for stage in stages for block in stage]
    stem = (*_convolved(3, 24, 3, 2), nn.SiLU(inplace=True))
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())


REFERENCES = (
    Reference(
        "product of matrices",
        lambda: nn.Linear(8192, 8192, bias=False),
        (8192,),
        batches=(8192,),
        dtype=torch.float16,
    ),
    Reference("copy", Copy, (1 << 20,), batches=(256,), dtype=torch.float16),
    Reference("residual network", residual, (3, 224, 224)),
    Reference(
        "vision transformer",
        lambda: Patches(768, *(Attention(768, 12) for _ in range(4))),
        (3, 224, 224),
    ),
    Reference("separable convolutions", separable, (3, 224, 224)),
    Reference(
        "mixer of perceptrons",
        lambda: Patches(512, *(Mixer(512, 196) for _ in range(4))),
        (3, 224, 224),
    ),
)
"""What is run, those that arithmetic and memory alone limit first."""
