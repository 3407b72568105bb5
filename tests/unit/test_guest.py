from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

import numpy
import pytest
import torch
from torch import Tensor, nn

from flopscope.errors import TargetError
from flopscope.guest import as_found, disposable, undisturbed
from tests.models import CountsItsCalls, TiedWeights


def test_a_copy_may_be_changed_without_changing_the_model_or_its_inputs() -> None:
    model, x = CountsItsCalls(), torch.zeros(2, 4)
    copied, (copied_x,), _ = disposable(model, (x,), {})
    with torch.no_grad():
        copied(copied_x.fill_(7))
        copied.get_parameter("linear.weight").fill_(7)
    assert (copied.get_buffer("calls"), model.calls) == (1, 0)
    assert not x.any()
    assert not (model.linear.weight == 7).any()


def test_shared_parameters_are_held_by_the_copy_too_and_buffers_are_not() -> None:
    model = CountsItsCalls()
    copied, _, _ = disposable(model, (), {}, shared=model.parameters())
    assert copied.get_parameter("linear.weight") is model.linear.weight
    assert copied.get_buffer("calls") is not model.calls


def test_weights_tied_in_the_model_are_tied_in_the_copy() -> None:
    copied, _, _ = disposable(TiedWeights(), (), {})
    assert copied.get_parameter("score.weight") is copied.get_parameter("embed.weight")


def test_an_input_that_is_a_weight_of_the_model_is_that_of_the_copy() -> None:
    model = nn.Linear(4, 4)
    copied, _, kwargs = disposable(model, (), {"x": model.weight})
    assert kwargs["x"] is copied.weight


class ComputesItsWeight(nn.Module):
    """Holds a tensor with a history, which copy.deepcopy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.direction = nn.Parameter(torch.ones(4, 4))
        self.weight = self.direction * 2

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


def test_tensors_that_autograd_computed_are_copied_by_value() -> None:
    model = ComputesItsWeight()
    copied, (x,), _ = disposable(model, (model.direction * 3,), {})
    assert torch.equal(copied(x), torch.full((4, 4), 3.0 * 2.0 * 4))


class Uncopyable(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stream: Iterator[int] = (number for number in range(3))


def test_what_cannot_be_copied_is_an_error_with_the_reason() -> None:
    with pytest.raises(TargetError, match=r"cannot be copied .*cannot pickle 'generator' object"):
        disposable(Uncopyable(), (), {})


@pytest.mark.parametrize("draw", [random.random, numpy.random.random, torch.rand])
def test_random_numbers_drawn_meanwhile_do_not_change_those_drawn_after(draw: object) -> None:
    arguments = (1,) if draw is torch.rand else ()
    assert callable(draw)
    with undisturbed():
        first = draw(*arguments)
    assert draw(*arguments) == first


def test_the_random_state_comes_back_after_an_error() -> None:
    before = torch.get_rng_state()
    with suppress(ValueError), undisturbed():
        torch.rand(3)
        raise ValueError
    assert torch.equal(torch.get_rng_state(), before)


def test_no_gradients_are_computed_meanwhile() -> None:
    with undisturbed():
        assert not nn.Linear(4, 4)(torch.zeros(2, 4)).requires_grad
    assert torch.is_grad_enabled()


class Frozen(dict[str, int]):
    """Settings that refuse to be changed."""

    def update(self, *_: object, **__: object) -> None:
        raise TypeError("frozen")

    def copy(self) -> Frozen:
        return Frozen(self)


def test_a_container_that_refuses_changes_stays_as_it_is() -> None:
    model = nn.Linear(4, 4)
    model.config = Frozen(width=4)
    with as_found(model):
        pass
    assert model.config == {"width": 4}
