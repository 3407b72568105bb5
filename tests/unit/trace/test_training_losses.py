"""What is differentiated, and what is said where nothing can be."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from flopscope.errors import TraceError
from tests.training import by_part, macs_by_part, step_of

X = torch.zeros(3, 8)


class Returns(nn.Module):
    """Two numbers of a linear layer, in whatever they are wrapped."""

    def __init__(self, wrapped):
        super().__init__()
        self.layer = nn.Linear(8, 4)
        self.wrapped = wrapped

    def forward(self, x: Tensor):
        y = self.layer(x)
        return self.wrapped(y, y.sum(), y.mean())


@dataclass
class Losses:
    total: Tensor
    mean: Tensor
    name: str = "of a batch"


@dataclass
class WithLoss:
    loss: Tensor
    logits: Tensor


SUM_OF_LOSSES = "the sum of the losses that the model returns"
WRAPPED = {
    "a mapping": (lambda _, a, b: {"total": a, "mean": b}, SUM_OF_LOSSES),
    "a tuple": (lambda _, a, b: (a, [b, None]), SUM_OF_LOSSES),
    "a dataclass": (lambda _, a, b: Losses(a, b), SUM_OF_LOSSES),
    "a number": (lambda _, a, b: a, "the number that the model returns"),
    "a mapping with a loss": (lambda y, a, _: {"loss": a, "y": y}, "the model's own loss"),
    "an object with a loss": (lambda y, a, _: WithLoss(a, y), "the model's own loss"),
    "outputs": (lambda y, a, b: (y, b), "the sum of the model's outputs"),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_what_a_model_returns_tells_what_is_differentiated(name):
    wrapped, said = WRAPPED[name]
    traced = step_of(Returns(wrapped), X)
    assert traced.step.loss == said
    assert macs_by_part(traced) == (3 * 8 * 4, 0, 0, 3 * 8 * 4)


def test_a_loss_of_the_users_own_is_part_of_the_forward_pass():
    target = torch.zeros(3, 4)

    def squared(output):
        return ((output - target) ** 2).sum()

    traced = step_of(nn.Linear(8, 4), X, loss=squared, loss_name="mypkg:squared")
    outputs = 3 * 4
    assert traced.step.loss == "mypkg:squared"
    # A difference, a square and a sum.
    assert by_part(traced)["forward"].other_flops == outputs + 3 * outputs


def raising(_output):
    raise ValueError("no such label")


class RaisesInBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        raise RuntimeError("no derivative of this")


def frozen() -> nn.Module:
    return nn.Linear(8, 4).requires_grad_(False)


REFUSED = {
    "all frozen": (frozen, {}, "no parameter of the model can be trained"),
    "no parameters": (nn.ReLU, {}, "no parameter of the model can be trained"),
    "a loss of many": (
        lambda: nn.Linear(8, 4),
        {"loss": lambda y: y, "loss_name": "mypkg:loss"},
        "mypkg:loss is not a single number but 3×4",
    ),
    "a loss that is none": (
        lambda: nn.Linear(8, 4),
        {"loss": lambda y: 1.0, "loss_name": "mypkg:loss"},
        "mypkg:loss returns no tensor, but float",
    ),
    "a loss of something else": (
        lambda: nn.Linear(8, 4),
        {"loss": lambda y: y.detach().sum(), "loss_name": "mypkg:loss"},
        "mypkg:loss does not depend on any parameter that is trained",
    ),
    "a loss that raises": (
        lambda: nn.Linear(8, 4),
        {"loss": raising, "loss_name": "mypkg:loss"},
        r"mypkg:loss raised ValueError: no such label \(.*test_training_losses.py:\d+\)",
    ),
    "nothing to differentiate": (
        lambda: Returns(lambda y, a, b: y.detach()),
        {},
        "nothing that the model returns depends on a parameter that is trained",
    ),
    "a backward pass that raises": (
        lambda: Returns(lambda y, a, b: RaisesInBackward.apply(y)),
        {},
        r"raised RuntimeError \(.*test_training_losses.py:\d+\): no derivative of this",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trained_says_so_in_a_line(name):
    make, more, said = REFUSED[name]
    with pytest.raises(TraceError, match=said) as raised:
        step_of(make(), X, **more)
    assert "\n" not in raised.value.message
