"""The most that a training step holds, traced without values, against what torch allocates."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from flopscope.guest import disposable
from flopscope.trace import trace_step
from tests.profiled import peak_nbytes
from tests.training import adamw, plain_sgd, recipe, step_of

FLOAT = 4


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True)),
            *(nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.body(x)).relu()


class Convolves(nn.Module):
    """A stem and residual blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3), nn.BatchNorm2d(32), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(*(Residual() for _ in range(8)))
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.stem(x), 2)
        return self.head(self.blocks(x).mean((2, 3)))


class Bottleneck(nn.Module):
    """A block of a ResNet that halves its images, as the first of each of its stages does."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shortcut = nn.Conv2d(channels, 2 * channels, 1, stride=2, bias=False)
        self.body = nn.Sequential(
            *(nn.Conv2d(channels, channels // 2, 1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(channels // 2, channels // 2, 3, stride=2, padding=1), nn.ReLU()),
            nn.Conv2d(channels // 2, 2 * channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return (self.shortcut(x) + self.body(x)).relu()


class CheckpointsBlocks(nn.Module):
    """Nothing but what blocks are given is kept: most is held inside a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, padding=1)
        self.blocks = nn.ModuleList(Bottleneck(64 << place) for place in range(3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False)
        return x.mean((2, 3))


class Upsamples(nn.Module):
    """A U-Net of one level: depthwise, strided and transposed convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU())
        self.down = nn.Sequential(
            nn.Conv2d(32, 32, 3, stride=2, padding=1, groups=32),
            *(nn.Conv2d(32, 64, 1), nn.ReLU()),
        )
        self.up = nn.ConvTranspose2d(64, 32, 2, stride=2)
        self.head = nn.Conv2d(64, 16, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(torch.cat([x, self.up(self.down(x))], 1))


class Transforms(nn.Module):
    """Two layers of a transformer that can be checkpointed, with a table of words."""

    def __init__(self, *, checkpointed: bool) -> None:
        super().__init__()
        self.words = nn.Embedding(500, 64)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(64, 4, 256, batch_first=True) for _ in range(3)
        )
        self.head = nn.Linear(64, 500)
        self.checkpointed = checkpointed

    def forward(self, words: Tensor) -> Tensor:
        x = self.words(words)
        for layer in self.layers:
            x = checkpoint(layer, x, use_reentrant=False) if self.checkpointed else layer(x)
        return self.head(x)


class Recurs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(500, 128)
        self.cells = nn.LSTM(128, 128, 2, batch_first=True)
        self.head = nn.Linear(128, 500)

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.cells(self.words(words))[0])


WORDS = torch.zeros(8, 64, dtype=torch.int64)
MODELS = {
    "a convolutional network": (Convolves, torch.zeros(8, 3, 66, 66)),
    "checkpointed bottlenecks": (CheckpointsBlocks, torch.zeros(4, 3, 64, 64)),
    "a U-Net": (Upsamples, torch.zeros(4, 3, 64, 64)),
    "a transformer": (lambda: Transforms(checkpointed=False), WORDS),
    "a checkpointed transformer": (lambda: Transforms(checkpointed=True), WORDS),
    "an LSTM": (Recurs, WORDS),
    "a perceptron": (
        lambda: nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 64)),
        torch.zeros(64, 64),
    ),
}
RECIPES = {
    "SGD": recipe(optimizer=plain_sgd),
    "AdamW": recipe(optimizer=adamw),
    "AdamW over two passes": recipe(optimizer=adamw, passes=2),
    "AdamW under autocast": recipe(
        optimizer=adamw, cast=lambda: torch.autocast("cpu", torch.bfloat16)
    ),
}


CASES = [
    (name, how)
    for name in MODELS
    for how in RECIPES
    # What oneDNN keeps of an LSTM in bfloat16 is each processor's own affair.
    if (name, how) != ("an LSTM", "AdamW under autocast")
]
HAS_ARITHMETIC_OF_BFLOAT16 = torch.backends.cpu.get_cpu_capability() == "AVX512"
"""Elsewhere torch's own kernels convolve in bfloat16: on columns, many times what they are of."""


@pytest.mark.parametrize(("name", "how"), CASES)
def test_the_peak_is_within_three_percent_of_what_torch_allocates(name, how):
    make, x = MODELS[name]
    convolves = any(isinstance(module, nn.Conv2d) for module in make().modules())
    if convolves and "autocast" in how and not HAS_ARITHMETIC_OF_BFLOAT16:
        pytest.skip("needs a processor with AVX-512")
    model = make().train()
    traced = trace_step(model, (x,), {}, RECIPES[how])
    real = peak_nbytes(*disposable(model, (x,), {}), RECIPES[how])
    assert traced.peak is not None
    assert traced.peak.nbytes == pytest.approx(real, rel=0.03)


def test_what_is_kept_for_the_backward_pass_is_what_gradients_need():
    rows = 3
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    traced = step_of(model, torch.zeros(rows, 8))
    # The input is the caller's. A ReLU keeps its output, which the layer behind it keeps too;
    # the loss is one number.
    assert traced.step.saved == {"1": FLOAT * rows * 16, "": FLOAT}
    assert traced.step.gradient_nbytes == FLOAT * (8 * 16 + 16 + 16 * 4 + 4)


def test_a_frozen_layer_behind_which_nothing_trains_keeps_nothing():
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    model[0].requires_grad_(False)
    kept = step_of(model, torch.zeros(3, 8)).step
    assert kept.saved == {"1": FLOAT * 3 * 16, "": FLOAT}
    assert kept.gradient_nbytes == FLOAT * (16 * 4 + 4)


def test_the_optimizers_state_is_no_part_of_what_a_step_makes():
    # Gradients are all that a step of plain SGD and of AdamW hold at its end alike.
    wide = nn.Linear(512, 512, bias=False)
    sgd, adam = (step_of(wide, torch.zeros(1, 512), optimizer=each) for each in (plain_sgd, adamw))
    gradients = FLOAT * 512 * 512
    assert (sgd.step.state_nbytes, adam.step.state_nbytes) == (0, 2 * gradients + FLOAT)
    assert sgd.peak.nbytes < 2 * gradients
    assert adam.peak.phase == "optimizer"


def test_a_bias_is_added_in_place_as_it_is_where_no_mode_looks_on():
    class Turned(nn.Module):
        """A linear layer on something that isn't contiguous, which torch takes apart."""

        def __init__(self) -> None:
            super().__init__()
            self.narrow, self.wide = nn.Linear(8, 8), nn.Linear(8, 2000)

        def forward(self, x: Tensor) -> Tensor:
            return self.wide(self.narrow(x).transpose(0, 1))

    x, how = torch.zeros(16, 4, 8), recipe(loss=lambda y: (y * y).sum(), loss_name="squares")
    real = peak_nbytes(*disposable(Turned(), (x,), {}), how)
    assert trace_step(Turned(), (x,), {}, how).peak.nbytes == pytest.approx(real, rel=0.03)
