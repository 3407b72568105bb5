"""The memory that a forward pass holds at once."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.records import Peak
from flopscope.trace import trace, trace_real
from tests.profiled import most_allocated

SQUARE = 4 * 100 * 100
X = torch.ones(100, 100)


def peak_of(model, *args, run=trace):
    return run(model, args or (X,)).peak


class Chain(nn.Module):
    """Never needs more than what it reads and what it writes."""

    def forward(self, x):
        for _ in range(5):
            x = x + 1
        return x


class KeepsAll(nn.Module):
    def forward(self, x):
        kept = [x + 1, x + 2, x + 3]
        return torch.cat(kept)


class InPlace(nn.Module):
    def forward(self, x):
        x = x + 1
        x.relu_()
        return x.mul_(2)


class Views(nn.Module):
    """A view keeps all of its tensor, and nothing more."""

    def forward(self, x):
        part = (x + 1)[:1].reshape(-1)
        return part.sum() + part.max()


class Halves(nn.Module):
    def __init__(self):
        super().__init__()
        self.small = nn.Linear(100, 100)
        self.large = nn.Linear(100, 400)

    def forward(self, x):
        return self.large(self.small(x))


@pytest.mark.parametrize("run", [trace, trace_real])
@pytest.mark.parametrize(
    ("model", "nbytes"),
    [
        (Chain(), 2 * SQUARE),
        (KeepsAll(), 3 * SQUARE + 3 * SQUARE),
        (InPlace(), SQUARE),
        (Views(), SQUARE + 3 * 4),
        (Halves(), SQUARE + 4 * SQUARE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_program_has_not_let_go_of_is_alive(model, nbytes, run):
    assert peak_of(model, run=run).nbytes == nbytes


def test_the_peak_is_told_with_its_place_and_each_module_has_its_own():
    traced = trace(Halves(), (X,))

    assert traced.peak == Peak(5 * SQUARE, "large", "aten.linear")
    assert {spec.scope: spec.peak_nbytes for spec in traced.modules} == {
        "": 0,
        "small": SQUARE,
        "large": 5 * SQUARE,
    }


def test_nothing_is_alive_of_inputs_and_parameters():
    assert peak_of(nn.Identity()) == Peak()


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(64), nn.Linear(64, 64)
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, x):
        x = x + self.attention(x, x, x, need_weights=False)[0]
        return x + nn.functional.gelu(self.linear(self.norm(x)))


CONV = nn.Sequential(
    *(nn.Conv2d(3, 32, 3), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
    *(
        nn.Conv2d(32, 64, 3),
        nn.BatchNorm2d(64),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(64 * 28 * 28, 10),
    ),
)


@pytest.mark.parametrize(
    ("model", "shape"),
    [(Residual(), (8, 50, 64)), (CONV, (2, 3, 62, 62)), (KeepsAll(), (64, 64))],
    ids=["attention", "convolutions", "cat"],
)
def test_it_is_what_torchs_profiler_sees_allocated(model, shape):
    model.eval()
    seen = allocated(model, torch.randn(shape))

    assert peak_of(model, torch.randn(shape)).nbytes == pytest.approx(seen, rel=0.02)


def allocated(model, x):
    """The most bytes at once that torch's profiler sees allocated during a forward pass."""
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.inference_mode():
            return most_allocated(lambda: model(x))
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
