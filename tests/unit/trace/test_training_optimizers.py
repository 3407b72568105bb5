"""Every optimizer of torch: what its step takes, what it keeps, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope.errors import TraceError
from flopscope.load.recipe import optimizer_named
from flopscope.tree import profile
from tests.training import by_part, real_step_of, step_of

NEEDS_MORE = {"LBFGS", "SparseAdam"}
"""Those that evaluate the model themselves, and that take sparse gradients alone."""

CLASSES = {
    name: kind
    for name, kind in vars(torch.optim).items()
    if isinstance(kind, type)
    and issubclass(kind, torch.optim.Optimizer)
    and kind is not torch.optim.Optimizer
}


def model() -> nn.Module:
    """Matrices alone, which is what Muon takes."""
    return nn.Sequential(nn.Linear(8, 16, bias=False), nn.ReLU(), nn.Linear(16, 4, bias=False))


PARAMS = 8 * 16 + 16 * 4
X = torch.zeros(3, 8)


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - NEEDS_MORE))
def test_an_optimizers_step_is_counted_to_the_last_operator_and_is_a_real_one(name):
    make = optimizer_named(name)
    traced, real = (run(model(), X, optimizer=make) for run in (step_of, real_step_of))
    assert profile(traced).uncounted == ()
    assert by_part(traced)["optimizer"].flops == by_part(real)["optimizer"].flops > 0
    assert traced.step.state_nbytes == real.step.state_nbytes


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - NEEDS_MORE))
def test_an_optimizer_keeps_what_it_really_keeps(name):
    trained = model()
    optimizer = optimizer_named(name)(list(trained.parameters()))
    trained(X).sum().backward()
    optimizer.step()
    kept = [
        value
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    ]
    traced = step_of(model(), X, optimizer=optimizer_named(name))
    assert traced.step.state_nbytes == sum(each.nbytes for each in kept)


def flops(optimizer: str) -> int:
    return by_part(step_of(model(), X, optimizer=optimizer_named(optimizer)))["optimizer"].flops


def test_plain_sgd_is_a_product_and_a_sum_per_parameter():
    assert flops("sgd") == 2 * PARAMS


def test_momentum_and_weight_decay_are_two_more_each():
    assert flops("sgd(momentum=0.9)") == (2 + 2) * PARAMS
    assert flops("sgd(momentum=0.9, weight_decay=0.1)") == (2 + 2 + 2) * PARAMS


def test_the_state_of_momentum_is_one_number_per_parameter_and_adams_is_two_and_a_count():
    def state(optimizer):
        return step_of(model(), X, optimizer=optimizer_named(optimizer)).step.state_nbytes

    assert state("sgd") == 0
    assert state("sgd(momentum=0.9)") == 4 * PARAMS
    assert state("adam") == 2 * 4 * PARAMS + 2 * 4  # a count of steps for each of two parameters


@pytest.mark.parametrize(
    ("name", "why"), [("lbfgs", "closure"), ("sparseadam", "does not support dense gradients")]
)
def test_an_optimizer_that_wants_more_than_gradients_is_refused_in_a_line(name, why):
    with pytest.raises(TraceError, match=why) as raised:
        step_of(model(), X, optimizer=optimizer_named(name), optimizer_name=name)
    assert raised.value.message.startswith(f"the optimizer {name} made no step: ")
    assert "adamw" in raised.value.hint


def test_what_makes_something_else_than_an_optimizer_is_refused():
    with pytest.raises(TraceError, match="mypkg:rate makes no optimizer, but float"):
        step_of(model(), X, optimizer=lambda _: 0.1, optimizer_name="mypkg:rate")
