"""Small models, each named after what it exercises, and inputs that they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, relu


class TiedWeights(nn.Module):
    """One matrix under two names: it embeds (10 words, width 4) and it scores."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.score = nn.Linear(4, 10, bias=False)
        self.score.weight = self.embed.weight

    def forward(self, words: Tensor) -> Tensor:
        return self.score(self.embed(words))


class SharedBlock(nn.Module):
    """One module under two parents, called once through each."""

    def __init__(self) -> None:
        super().__init__()
        block = nn.Linear(4, 4)
        self.left = nn.Sequential(block, nn.ReLU())
        self.right = nn.Sequential(block, nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.left(x) + self.right(x)


class CalledThreeTimes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.step = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = self.step(x)
        return x


class LoopsOverModuleList(nn.Module):
    """A list that is iterated over and never called itself."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class NeverCalled(nn.Module):
    """A layer that the forward pass does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(4, 4)
        self.unused = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.used(x)


class FunctionalOnly(nn.Module):
    """Its work is done by functions on its own parameters, in no submodule."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.ones(8, 3, 3, 3))
        self.matrix = nn.Parameter(torch.ones(8, 5))

    def forward(self, x: Tensor) -> Tensor:
        x = relu(conv2d(x, self.kernel, padding=1))
        return x.mean(dim=(2, 3)) @ self.matrix


class FrozenPart(nn.Module):
    """Its first layer is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.Linear(4, 4).requires_grad_(requires_grad=False)
        self.trained = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.trained(self.frozen(x))


class Normalises(nn.Module):
    """Batch norm, whose statistics change with each pass in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.dropout = nn.Dropout()

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.norm(self.conv(x)))


class PartlyTraining(Normalises):
    """In training mode but for its norm, as when fine-tuning."""

    def __init__(self) -> None:
        super().__init__()
        self.train()
        self.norm.eval()


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 8, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x)
        return self.head(states)


class Attends(nn.Module):
    """torch's own attention module, which has a fast path for inference."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, num_heads=2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        attended, _ = self.attention(x, x, x, need_weights=False)
        return attended


class TakesKeywords(nn.Module):
    """Its second input can only be given by name, and it is told what to do with it in words."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)

    def forward(self, x: Tensor, *, other: Tensor, combine: str = "add") -> Tensor:
        first, second = self.first(x), self.second(other)
        return first + second if combine == "add" else first * second


@dataclass
class Scores:
    """What :class:`ReturnsDataclass` returns: a class that torch cannot look into."""

    values: Tensor
    label: str


class ReturnsDataclass(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Scores:
        return Scores(self.linear(x), label="scores")


class WeightNormed(nn.Module):
    """Its weight is computed from two parameters before each call, by a hook of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)


class CountsItsCalls(nn.Module):
    """Writes to a buffer of its own in any mode."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.linear(x)


class OverwritesItsInput(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.mul_(2))


class DrawsRandomNumbers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x + torch.randn_like(x))


class CatchesAnError(nn.Module):
    """Goes on after one of its modules raised."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = RaisesInForward()
        self.fallback = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        try:
            return self.failing(x)
        except ValueError:
            return self.fallback(x)


class RaisesInForward(nn.Module):
    """Raises after some of its work is done."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x: Tensor) -> Tensor:
        self.norm(self.linear(x))
        raise ValueError("the model gave up")


@dataclass(frozen=True)
class Example:
    """A model and inputs that it takes.

    Attributes:
        build: makes the model.
        shapes: of its positional inputs, of random floats.
        words: give it word indices of that shape instead.
        keywords: shapes of its inputs by name.
        settings: what else it is given by name.
    """

    build: Callable[[], nn.Module]
    shapes: tuple[tuple[int, ...], ...] = ((2, 4),)
    words: tuple[int, ...] | None = None
    keywords: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def args(self) -> tuple[Tensor, ...]:
        if self.words:
            return (torch.zeros(self.words, dtype=torch.int64),)
        return tuple(torch.randn(shape) for shape in self.shapes)

    def kwargs(self) -> dict[str, Any]:
        named = {name: torch.randn(shape) for name, shape in self.keywords.items()}
        return {**named, **self.settings}


IMAGE = (2, 3, 6, 6)

EXAMPLES: dict[str, Example] = {
    "TiedWeights": Example(TiedWeights, words=(2, 5)),
    "SharedBlock": Example(SharedBlock),
    "CalledThreeTimes": Example(CalledThreeTimes),
    "LoopsOverModuleList": Example(LoopsOverModuleList),
    "NeverCalled": Example(NeverCalled),
    "FunctionalOnly": Example(FunctionalOnly, shapes=(IMAGE,)),
    "FrozenPart": Example(FrozenPart),
    "Normalises": Example(Normalises, shapes=(IMAGE,)),
    "PartlyTraining": Example(PartlyTraining, shapes=(IMAGE,)),
    "Recurrent": Example(Recurrent, shapes=((2, 5, 4),)),
    "Attends": Example(Attends, shapes=((2, 5, 8),)),
    "TakesKeywords": Example(
        TakesKeywords, keywords={"other": (2, 4)}, settings={"combine": "multiply"}
    ),
    "ReturnsDataclass": Example(ReturnsDataclass),
    "WeightNormed": Example(WeightNormed),
    "CountsItsCalls": Example(CountsItsCalls),
    "OverwritesItsInput": Example(OverwritesItsInput),
    "DrawsRandomNumbers": Example(DrawsRandomNumbers),
    "CatchesAnError": Example(CatchesAnError),
    "RaisesInForward": Example(RaisesInForward),
}
"""Every model above with its inputs. All but the last run without an error."""
