"""Each counter, really asked, prints what its convention makes of our trace, module by module.

``benchmarks/disagreements.py`` has whole networks, in ``docs/disagreements.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from examples.residual_block import ResidualBlock
from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.reconciliation import reconcile, reconcile_params
from flopscope.counters import COUNTERS, read
from flopscope.trace import trace

SEQUENCES = (2, 5, 8)
IMAGES = (2, 3, 16, 16)


class Attends(nn.Module):
    def __init__(self, **options: bool) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, **options)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x)[0]


class Shares(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        block = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8))
        self.left = nn.Sequential(block, nn.ReLU())
        self.right = nn.Sequential(block, nn.Sequential(block, nn.Tanh()))
        self.again = nn.Linear(8, 8)
        self.unused = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.again(self.again(self.left(x) + self.right(x)))


class Functions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 8))
        self.vector = nn.Parameter(torch.randn(8, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = functional.linear(x, self.weight)
        _unused = y @ self.weight
        y = torch.linalg.multi_dot([y[0], self.weight, self.weight])[None] + y
        scores = torch.einsum("bqc,bkc->bqk", y, y)
        y = torch.einsum("bqk,bkc,cd->bqd", scores, y, self.weight)
        return y @ self.vector


class Positions(nn.Module):
    """A bias that is learned, as a mask: attention is then not fused."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(5, 5))

    def forward(self, x: Tensor) -> Tensor:
        heads = x[:, None]
        plain = functional.scaled_dot_product_attention(heads, heads, heads)
        return functional.scaled_dot_product_attention(plain, heads, heads, attn_mask=self.table)


class Packs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.LSTM(8, 6, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        lengths = torch.tensor([5, 3])
        return self.layer(nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True))[1][0]


class Unrolls(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(8, 6)

    def forward(self, x: Tensor) -> Tensor:
        state = self.cell(x[0])
        return self.cell(x[1], state)


class Normalises(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
        self.two = nn.utils.parametrizations.spectral_norm(nn.Linear(14, 6))

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.one(x))


def frozen() -> nn.Module:
    return Attends(batch_first=True).requires_grad_(requires_grad=False)


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.PReLU(),
        nn.Conv2d(8, 8, 3, groups=8, padding="same"),
        nn.GroupNorm(2, 8),
        nn.ConvTranspose2d(8, 4, 2, stride=2),
        nn.InstanceNorm2d(4),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.AvgPool2d(2),
        nn.AdaptiveAvgPool2d((3, 5)),
        nn.Flatten(),
        nn.Linear(60, 10),
        nn.Softmax(dim=-1),
    )


MODELS: Mapping[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "a network of layers": (network, IMAGES),
    "a norm in two places": (lambda: ResidualBlock(3, 4, "batch", stride=2), IMAGES),
    "a block in several places": (Shares, SEQUENCES),
    "functions": (Functions, SEQUENCES),
    "a learned mask": (Positions, SEQUENCES),
    "attention": (lambda: Attends(batch_first=True), SEQUENCES),
    "frozen attention": (frozen, SEQUENCES),
    "an encoder": (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2),
        SEQUENCES,
    ),
    "a frozen encoder": (
        lambda: nn.Sequential(
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation=functional.silu),
        ).requires_grad_(requires_grad=False),
        SEQUENCES,
    ),
    "a deep frozen encoder": (
        lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2
        ).requires_grad_(requires_grad=False),
        SEQUENCES,
    ),
    "a GRU": (lambda: nn.GRU(8, 6, 2, batch_first=True), SEQUENCES),
    "an LSTM": (lambda: nn.LSTM(8, 6, bidirectional=True), SEQUENCES),
    "an LSTM with projections": (lambda: nn.LSTM(8, 6, proj_size=3), SEQUENCES),
    "a lone sequence": (lambda: nn.RNN(8, 6), SEQUENCES[1:]),
    "packed sequences": (Packs, SEQUENCES),
    "a cell": (Unrolls, SEQUENCES),
    "a lone step": (lambda: nn.GRUCell(8, 6), (8,)),
    "an image without a batch": (lambda: nn.Conv2d(3, 4, 3), IMAGES[1:]),
    "parametrizations": (Normalises, IMAGES),
    "lazy layers": (lambda: nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyLinear(5)), IMAGES),
}


REFUSED = {("ptflops", "lazy layers")}
"""What a counter gives no figure of."""


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("counter", ["thop", "fvcore", "torch", "ptflops"])
def test_a_counter_prints_what_its_convention_says(counter: str, name: str) -> None:
    if not COUNTERS.row(counter).is_installed:
        pytest.skip(f"{counter} is not installed")
    build, shape = MODELS[name]
    model, x = build().eval(), torch.randn(shape)
    traced, convention = trace(model, (x,)), CONVENTIONS[counter]
    reading = read(counter, model, (x,))
    found = reconcile(traced, convention, reading)
    if (counter, name) in REFUSED:
        assert reading.value is None
        return
    assert found.remainder == 0, (found, reading.notes)
    assert reading.params is None or reconcile_params(traced, convention, reading).remainder == 0
    predicted = convention.inclusive(traced, tuple(convention.weigh(traced)))
    assert {scope: predicted[scope] for scope in reading.modules} == reading.modules
