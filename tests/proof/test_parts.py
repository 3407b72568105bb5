"""An operator of the user's level counts as much as the operators that torch makes of it.

The same program is traced with the operator's own rule and with that rule taken away, which makes
the tracer take the operator apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from flopscope.costs import FORMULAS, Cost, load_families
from flopscope.trace import trace
from flopscope.tree import profile

load_families()


class Program(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(*tensors)


def arithmetic(function: Callable[..., Any], *tensors: torch.Tensor) -> Cost:
    """What a program computes, without the bytes it moves."""
    found = profile(trace(Program(function), tensors))
    assert found.uncounted == ()
    return Cost(found.root.cost.macs, found.root.cost.other_flops)


def taken_apart(op: str, function: Callable[..., Any], *tensors: torch.Tensor) -> Cost:
    """What a program computes when an operator in it has no rule."""
    rule = FORMULAS.pop(f"aten.{op}")
    try:
        return arithmetic(function, *tensors)
    finally:
        FORMULAS[f"aten.{op}"] = rule


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape)


LSTM, GRU, RNN = (
    kind(3, 4, num_layers=2, bidirectional=True) for kind in (nn.LSTM, nn.GRU, nn.RNN)
)

PROGRAMS = [
    ("linear", functional.linear, (zeros(2, 3, 4), zeros(5, 4), zeros(5))),
    ("matmul", torch.matmul, (zeros(2, 3, 4), zeros(4, 5))),
    ("matmul", torch.matmul, (zeros(4), zeros(2, 4, 5))),
    ("inner", torch.inner, (zeros(2, 3), zeros(4, 3))),
    ("outer", torch.outer, (zeros(2), zeros(3))),
    ("tensordot", lambda a, b: torch.tensordot(a, b, 2), (zeros(2, 3, 4), zeros(3, 4, 5))),
    ("tensordot", lambda a, b: torch.tensordot(a, b, 1), (zeros(2, 3), zeros(1, 5))),
    ("conv2d", functional.conv2d, (zeros(2, 3, 8, 8), zeros(4, 3, 3, 3), zeros(4))),
    (
        "conv2d",
        lambda x, w: functional.conv2d(x, w, padding="same"),
        (zeros(2, 4, 8, 8), zeros(4, 4, 3, 3)),
    ),
    ("conv_transpose1d", functional.conv_transpose1d, (zeros(2, 3, 8), zeros(3, 4, 3))),
    ("lstm", lambda x: LSTM(x)[0], (zeros(5, 2, 3),)),
    ("gru", lambda x: GRU(x)[0], (zeros(5, 2, 3),)),
    ("rnn_tanh", lambda x: RNN(x)[0], (zeros(5, 2, 3),)),
    ("softmax", lambda x: x.softmax(1), (zeros(2, 3),)),
    ("log_softmax", lambda x: x.log_softmax(1), (zeros(2, 3),)),
    ("max_pool2d", lambda x: functional.max_pool2d(x, 2), (zeros(1, 2, 4, 4),)),
    ("layer_norm", lambda x: functional.layer_norm(x, (3,)), (zeros(2, 3),)),
    ("group_norm", lambda x: functional.group_norm(x, 2), (zeros(2, 4, 3),)),
    ("cdist", torch.cdist, (zeros(3, 4), zeros(5, 4))),
    ("cdist", torch.cdist, (zeros(30, 4), zeros(5, 4))),
    (
        "embedding_bag",
        lambda i, w: functional.embedding_bag(i, w, mode="sum"),
        (torch.zeros(2, 3, dtype=torch.long), zeros(5, 4)),
    ),
]


@pytest.mark.parametrize(("op", "function", "tensors"), PROGRAMS)
def test_an_operator_counts_as_much_as_its_parts(
    op: str, function: Callable[..., Any], tensors: tuple[torch.Tensor, ...]
) -> None:
    assert arithmetic(function, *tensors) == taken_apart(op, function, *tensors)


@st.composite
def contractions(draw: st.DrawFn) -> tuple[str, tuple[torch.Tensor, ...]]:
    """An equation over up to five indices, some of size 1, and its operands."""
    sizes = {name: draw(st.integers(1, 3)) for name in "ijklm"}
    names = st.text("ijklm", min_size=1, max_size=3)
    terms = draw(st.lists(names, min_size=1, max_size=4))
    # A lone operand's index of size 1 is given to sum(), which adds nothing.
    assume(len(terms) > 1 or 1 not in sizes.values())
    present = sorted(set("".join(terms)))
    kept = "".join(draw(st.lists(st.sampled_from(present), unique=True)))
    operands = tuple(zeros(*(sizes[name] for name in term)) for term in terms)
    return ",".join(terms) + draw(st.sampled_from(["", f"->{kept}"])), operands


@settings(max_examples=80, deadline=None)
@given(contractions())
def test_an_einsum_counts_as_much_as_the_products_and_sums_that_torch_makes_of_it(
    drawn: tuple[str, tuple[torch.Tensor, ...]],
) -> None:
    equation, operands = drawn

    def program(*tensors: torch.Tensor) -> torch.Tensor:
        return torch.einsum(equation, *tensors)

    assert arithmetic(program, *operands) == taken_apart("einsum", program, *operands)


@pytest.mark.parametrize(
    "equation", ["...ij,...jk->...ik", "...ij,jk", "i...,i...->...", "...,..."]
)
def test_an_ellipsis_stands_for_the_indices_it_covers(equation: str) -> None:
    operands = zeros(3, 3, 3), zeros(3, 3)

    def program(*tensors: torch.Tensor) -> torch.Tensor:
        return torch.einsum(equation, *tensors)

    assert arithmetic(program, *operands) == taken_apart("einsum", program, *operands)


def test_a_given_path_is_followed() -> None:
    """(ij,jk) first takes 2 * 3 * 4 + 2 * 4 * 5, (jk,kl) first 3 * 4 * 5 + 2 * 3 * 5."""
    operands = zeros(2, 3), zeros(3, 4), zeros(4, 5)

    def along(*path: int) -> int:
        einsum = torch.ops.aten.einsum
        return arithmetic(lambda *t: einsum("ij,jk,kl->il", t, path=path), *operands).macs

    assert along(0, 1, 0, 1) == 2 * 3 * 4 + 2 * 4 * 5
    assert along(1, 2, 0, 1) == 3 * 4 * 5 + 2 * 3 * 5
