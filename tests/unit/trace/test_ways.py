"""A model that differentiates in its own forward pass is counted on shapes, gradients included."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flopscope import tree
from flopscope.costs import cost_of
from flopscope.errors import TraceError
from flopscope.trace import trace, trace_real

ATOMS, WIDTH = 5, 16
FORWARD = ATOMS * (3 * WIDTH + WIDTH * 1)


def energy_net():
    return nn.Sequential(nn.Linear(3, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 1))


class Forces(nn.Module):
    """The forces on atoms: minus the gradient of their energy."""

    def __init__(self):
        super().__init__()
        self.net = energy_net()

    def forward(self, positions):
        with torch.enable_grad():
            positions.requires_grad_(True)
            (gradient,) = torch.autograd.grad(self.net(positions).sum(), positions)
        return -gradient


class Descends(nn.Module):
    """Takes a step down the loss, parameters included."""

    def __init__(self):
        super().__init__()
        self.net = energy_net()

    def forward(self, positions):
        positions = positions.detach().requires_grad_()
        self.net(positions).sum().backward()
        return positions - positions.grad


class Molecule(nn.Module):
    """Forces through messages between atoms, with the operators that such models are made of."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, WIDTH)
        self.filters = nn.Linear(1, WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
        self.norm = nn.LayerNorm(WIDTH)
        self.readout = nn.Linear(WIDTH, 1)

    def forward(self, kinds, positions, edges):
        positions.requires_grad_(True)
        ends, starts = edges
        distances = (positions[ends] - positions[starts]).norm(dim=-1, keepdim=True)
        atoms = self.embedding(kinds)
        messages = atoms[starts] * torch.tanh(self.filters(distances))
        atoms = torch.zeros_like(atoms).index_add(0, ends, messages)
        attended, _ = self.attention(*[atoms[None]] * 3, need_weights=False)
        scaled = self.norm(attended[0]).clone()
        scaled[:2] *= positions[:2, :1].exp()
        energy = self.readout(scaled).sum()
        return energy, -torch.autograd.grad(energy, positions, create_graph=True)[0]


def macs(traced):
    return tree.profile(traced).root.cost.macs


def test_forces_cost_the_energy_and_its_gradient():
    # For the gradient of a linear layer's input, every weight is used once more per atom.
    traced = trace(Forces(), (torch.randn(ATOMS, 3),))
    assert macs(traced) == FORWARD + FORWARD
    assert traced.stream == "training"
    (note,) = traced.notes
    assert "differentiates in its forward pass" in note


def test_gradients_of_the_parameters_cost_as_much_again_and_are_not_left_behind():
    model = Descends()
    assert macs(trace(model, (torch.randn(ATOMS, 3),))) == 3 * FORWARD
    assert all(parameter.grad is None for parameter in model.parameters())


def test_frozen_parameters_are_given_no_gradients():
    model = Descends().requires_grad_(False)
    assert macs(trace(model, (torch.randn(ATOMS, 3),))) == 2 * FORWARD


def test_an_input_that_requires_gradients_does_so_in_a_trace():
    class Differentiates(nn.Module):
        def forward(self, x):
            return torch.autograd.grad((x @ x.T).sum(), x)

    traced = trace(Differentiates(), (torch.randn(4, 3, requires_grad=True),))
    assert macs(traced) == 3 * (4 * 3 * 4)


def inputs():
    edges = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 4]])
    return torch.arange(ATOMS), torch.randn(ATOMS, 3), edges


def test_a_trace_with_gradients_is_that_of_a_real_run():
    traced, real = trace(Molecule(), inputs()), trace_real(Molecule(), inputs())
    assert traced.notes == real.notes
    assert macs(traced) == macs(real) > 0
    profile = tree.profile(traced)
    assert profile.uncounted == ()
    assert profile.root.cost.flops == tree.profile(real).root.cost.flops
    counted = [call.operation.op for call in traced.calls if cost_of(call.operation)[0] != "free"]
    assert counted == [
        call.operation.op for call in real.calls if cost_of(call.operation)[0] != "free"
    ]


def test_a_model_on_the_meta_device_differentiates_too():
    traced = trace(Forces().to("meta"), (torch.empty(ATOMS, 3, device="meta"),))
    assert macs(traced) == 2 * FORWARD


def test_a_model_that_also_names_a_missing_device_is_counted_with_both_notes():
    class OnTheCard(Forces):
        def forward(self, positions):
            return super().forward(positions.cuda())

    if torch.cuda.is_available():
        pytest.skip("there is a card")
    notes = trace(OnTheCard(), (torch.randn(ATOMS, 3),)).notes
    assert [note.partition(" ")[2].split(" ", 2)[1] for note in notes] == [
        "names",
        "differentiates",
    ]


def test_a_gradient_of_what_does_not_depend_on_anything_is_the_models_mistake():
    class Constant(nn.Module):
        def forward(self, x):
            return torch.autograd.grad(torch.ones(()), x)

    with pytest.raises(TraceError, match="does not require grad"):
        trace(Constant(), (torch.randn(3),))


def test_a_model_that_differentiates_is_not_followed_as_a_gpu_runs_it():
    with pytest.raises(TraceError, match=r"differentiates.*as a GPU would run it"):
        trace(Forces(), (torch.randn(ATOMS, 3),), stream="device:cuda")
