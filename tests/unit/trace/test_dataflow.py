"""A call knows whether the result comes from it, what it is part of, and what is learned in it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from flopscope.records import Call, Trace
from flopscope.trace import trace, trace_real

X = torch.ones(4, 4)


def calls_of(traced: Trace, op: str) -> list[Call]:
    return [call for call in traced.calls if call.operation.op == f"aten.{op}"]


def used(model: nn.Module, op: str = "mm") -> list[bool]:
    """Of the calls of an operator, traced and run for real."""
    flags = [call.is_used for call in calls_of(trace(model, (X,)), op)]
    assert flags == [call.is_used for call in calls_of(trace_real(model, (X.clone(),)), op)]
    return flags


class LooksAndLeaves(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        _looked_at = x.mm(x).mm(x)
        return x.mm(x)


class WritesIntoAView(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        out = torch.zeros(4, 4)
        out[:2] = x.mm(x)[:2]
        return out


class WritesIntoItsInput(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        x[:, 0] = x.mm(x)[:, 0]
        return x


class AddsToItsInput(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        x.add_(x.mm(x))
        return x


class WritesTooLate(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        out = x.mm(x)
        result = out + 1
        out.add_(x.mm(x))
        return result


@dataclass
class Output:
    states: Tensor


class Hidden:
    def __init__(self, states: Tensor) -> None:
        self.states = states


class ReturnsObjects(nn.Module):
    def forward(self, x: Tensor) -> dict[str, object]:
        return {"seen": Output(x.mm(x)), "hidden": Hidden(x.mm(x))}


def test_what_is_only_looked_at_is_not_used() -> None:
    assert used(LooksAndLeaves()) == [False, False, True]


@pytest.mark.parametrize("model", [WritesIntoAView(), WritesIntoItsInput(), AddsToItsInput()])
def test_what_is_written_into_a_part_of_the_result_is_used(model: nn.Module) -> None:
    assert used(model) == [True]


def test_what_is_written_after_the_last_look_is_not_used() -> None:
    assert used(WritesTooLate()) == [True, False]


def test_a_result_is_what_containers_and_dataclasses_hold() -> None:
    assert used(ReturnsObjects()) == [True, False]


class Quantises(nn.Module):
    """The nearest of some codes: what led to the choice led to the result."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = nn.Buffer(torch.ones(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        nearest = x.mm(self.codes).max(dim=-1).indices
        return nn.functional.embedding(nearest, self.codes)


class Masks(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.ones(4, 4)[x.mm(x) > 0]


class Counts(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(4).repeat_interleave(x.mm(x)[0].long())


class Finds(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mm(x).nonzero()


@pytest.mark.parametrize("model", [Quantises(), Masks(), Counts(), Finds()])
def test_what_decided_over_positions_is_used(model: nn.Module) -> None:
    assert used(model) == [True]


class Chains(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.linalg.multi_dot([x, x, x]).mm(x)


def test_the_parts_of_an_operator_that_is_taken_apart_name_it() -> None:
    for run in (trace, trace_real):
        parts = [call.part_of for call in calls_of(run(Chains(), (X,)), "mm")]
        assert parts == ["aten.linalg_multi_dot"] * 2 + [""]


class Biased(nn.Module):
    """A table of parameters becomes a mask, as positions do in windows."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.ones(4))

    def forward(self, x: Tensor) -> Tensor:
        states = x[None, None]
        mask = self.table[None].expand(4, 4) * 2
        return nn.functional.scaled_dot_product_attention(states, states, states, attn_mask=mask)


def learned(model: nn.Module, op: str = "scaled_dot_product_attention") -> list[tuple[bool, ...]]:
    flags = [call.learned for call in calls_of(trace(model, (X,)), op)]
    assert flags == [call.learned for call in calls_of(trace_real(model, (X,)), op)]
    return flags


def test_what_a_trained_parameter_led_to_is_learned() -> None:
    assert learned(Biased()) == [(False, False, False, True)]


def test_what_a_frozen_parameter_led_to_is_not() -> None:
    assert learned(Biased().requires_grad_(requires_grad=False)) == [()]


class Chooses(nn.Module):
    """Positions in an order that is learned: the order is not differentiable."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.ones(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return x.mm(self.table) + x.mm(x[(self.table > 0).long().argmax(0)])


def test_integers_are_not_learned() -> None:
    assert learned(Chooses(), "mm") == [(False, True), ()]


class ReadsAndWrites(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        made = x.mm(x)
        made.t().add_(1)
        return made.relu() + made


def test_calls_name_the_memory_that_they_read_and_write() -> None:
    """A view is of the same memory, and what is written in place writes there."""
    calls = trace(ReadsAndWrites(), (X.clone(),), stream="device:cuda").calls
    flow = [(call.operation.op, call.read, call.written) for call in calls]
    assert flow == [
        ("aten.mm", (None, None), (0,)),
        ("aten.t", (0,), (0,)),
        ("aten.add_", (0,), (0,)),
        ("aten.relu", (0,), (1,)),
        ("aten.add", (1, 0), (2,)),
    ]
