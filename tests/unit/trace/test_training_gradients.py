"""Gradients of inputs and of weights against closed forms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, softmax

from tests.training import by_part, macs_by_part, step_of


@st.composite
def linears(draw: st.DrawFn) -> nn.Sequential:
    sizes = draw(st.lists(st.integers(1, 7), min_size=2, max_size=5))
    layers = (nn.Linear(given, out, bias=draw(st.booleans())) for given, out in pairwise(sizes))
    return nn.Sequential(*layers)


@given(model=linears(), rows=st.lists(st.integers(1, 4), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_linear_layers_take_their_macs_for_weights_and_all_but_the_first_for_inputs(
    model: nn.Sequential, rows: list[int]
) -> None:
    each = [math.prod(rows) * layer.in_features * layer.out_features for layer in model]
    traced = step_of(model, torch.zeros(*rows, model[0].in_features))
    assert macs_by_part(traced) == (sum(each), 0, sum(each[1:]), sum(each))


@dataclass(frozen=True)
class Convolution:
    dimensions: int
    transposed: bool
    groups: int
    into: int
    out: int
    kernel: int
    stride: int
    bias: bool

    def layer(self) -> nn.Module:
        kinds = (
            (nn.ConvTranspose1d, nn.ConvTranspose2d) if self.transposed else (nn.Conv1d, nn.Conv2d)
        )
        return kinds[self.dimensions - 1](
            self.into,
            self.out,
            self.kernel,
            stride=self.stride,
            padding=self.kernel // 2,
            groups=self.groups,
            bias=self.bias,
        )

    def macs(self, given: torch.Size, out: torch.Size) -> int:
        """The filters of a group visit every output, or every input where it is transposed."""
        elements = math.prod(given) if self.transposed else math.prod(out)
        others = self.out if self.transposed else self.into
        return elements * others // self.groups * self.kernel**self.dimensions


@st.composite
def convolutions(draw: st.DrawFn) -> list[Convolution]:
    dimensions, chain = draw(st.integers(1, 2)), []
    channels = draw(st.sampled_from([2, 4, 6]))
    for _ in range(draw(st.integers(1, 3))):
        groups = draw(st.sampled_from([each for each in (1, 2, channels) if channels % each == 0]))
        out = groups * draw(st.integers(1, 3))
        kernel, stride = draw(st.sampled_from([1, 3])), draw(st.integers(1, 2))
        made = Convolution(
            dimensions,
            draw(st.booleans()),
            groups,
            channels,
            out,
            kernel,
            stride,
            draw(st.booleans()),
        )
        chain.append(made)
        channels = out
    return chain


@given(chain=convolutions(), batch=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_a_chain_of_convolutions_divides_gradients_by_groups_too(
    chain: list[Convolution], batch: int
) -> None:
    model = nn.Sequential(*(each.layer() for each in chain))
    x = torch.zeros(batch, chain[0].into, *[9] * chain[0].dimensions)
    shapes = [x.shape]
    for layer in model:
        x = layer(x)
        shapes.append(x.shape)
    each = [
        conv.macs(given, out) for conv, given, out in zip(chain, shapes, shapes[1:], strict=False)
    ]
    traced = step_of(model, torch.zeros(shapes[0]))
    assert macs_by_part(traced) == (sum(each), 0, sum(each[1:]), sum(each))


def test_an_input_that_needs_a_gradient_costs_the_first_layer_once_more() -> None:
    model, x = nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 4)), torch.zeros(3, 8)
    first, second = 3 * 8 * 16, 3 * 16 * 4
    assert macs_by_part(step_of(model, x))[2] == second
    assert macs_by_part(step_of(model, x.requires_grad_()))[2] == first + second


class Attends(nn.Module):
    """Attention of 3 heads over projections of the input, fused or in the open."""

    def __init__(self, *, fused: bool) -> None:
        super().__init__()
        self.project = nn.Linear(12, 36, bias=False)
        self.fused = fused

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(-1, (3, 4)).transpose(1, 2) for part in self.project(x).chunk(3, -1)
        )
        if self.fused:
            return scaled_dot_product_attention(query, key, value, is_causal=True)
        return softmax(query @ key.transpose(-2, -1) * 0.5, -1) @ value


@pytest.mark.parametrize("fused", [True, False])
def test_attention_takes_twice_its_forward_for_gradients(fused: bool) -> None:  # noqa: FBT001 - a parameter
    batch, tokens, heads, channels = 2, 5, 3, 4
    product = batch * heads * tokens * tokens * channels
    projection = batch * tokens * 12 * 36
    traced = step_of(Attends(fused=fused), torch.zeros(batch, tokens, 12))
    assert macs_by_part(traced) == (
        projection + 2 * product,
        product if fused else 0,  # the kernel keeps no scores
        2 * 2 * product,
        projection,
    )


def test_the_fused_lstm_of_a_cpu_computes_gradients_of_inputs_and_weights_alike() -> None:
    steps, batch, given, hidden = 7, 2, 5, 6
    macs = steps * batch * 4 * hidden * (given + hidden)
    traced = step_of(nn.LSTM(given, hidden), torch.zeros(steps, batch, given))
    assert macs_by_part(traced) == (macs, 0, macs, macs)


def test_a_gru_needs_no_gradient_of_its_first_state_and_of_its_input() -> None:
    steps, batch, given, hidden = 7, 2, 5, 6
    of_input, of_state = batch * 3 * hidden * given, batch * 3 * hidden * hidden
    forward = steps * (of_input + of_state)
    traced = step_of(nn.GRU(given, hidden), torch.zeros(steps, batch, given))
    assert macs_by_part(traced) == (forward, 0, (steps - 1) * of_state, forward)


def test_an_embedding_adds_up_a_gradient_per_element_it_looked_up() -> None:
    words = torch.zeros(2, 5, dtype=torch.int64)
    traced = step_of(nn.Embedding(50, 8), words)
    costs = by_part(traced)
    assert costs["weight_gradients"].flops == 2 * 5 * 8
    assert macs_by_part(traced) == (0, 0, 0, 0)


def test_a_frozen_layer_only_hands_gradients_on_to_layers_before_it_that_train() -> None:
    model, x = nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 4), nn.Linear(4, 2)), torch.zeros(3, 8)
    first, second, third = 3 * 8 * 16, 3 * 16 * 4, 3 * 4 * 2
    model[1].requires_grad_(False)
    assert macs_by_part(step_of(model, x))[2:] == (second + third, first + third)
    model[0].requires_grad_(False)
    assert macs_by_part(step_of(model, x))[2:] == (0, third)


class LowRank(nn.Module):
    """A frozen linear layer, and beside it a trained product of two narrow ones: LoRA."""

    def __init__(self, given: int, out: int, rank: int) -> None:
        super().__init__()
        self.base = nn.Linear(given, out, bias=False).requires_grad_(False)
        self.down = nn.Linear(given, rank, bias=False)
        self.up = nn.Linear(rank, out, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.up(self.down(x))


def test_an_adapter_of_low_rank_is_all_that_gradients_of_weights_are_taken_of() -> None:
    model = nn.Sequential(LowRank(8, 16, 2), nn.ReLU(), LowRank(16, 4, 2))
    rows = 3
    base = (rows * 8 * 16, rows * 16 * 4)
    down, up = (rows * 8 * 2, rows * 16 * 2), (rows * 2 * 16, rows * 2 * 4)
    traced = step_of(model, torch.zeros(rows, 8))
    adapters = sum(down) + sum(up)
    # Gradients go through all of the second layer, and in the first to what is trained.
    assert macs_by_part(traced) == (
        sum(base) + adapters,
        0,
        base[1] + down[1] + up[1] + up[0],
        adapters,
    )
    assert macs_by_part(traced, "0.base") == (base[0], 0, 0, 0)
    assert by_part(traced, "2.base")["optimizer"].flops == 0


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.score = nn.Linear(8, 50, bias=False)
        self.score.weight = self.words.weight

    def forward(self, words: Tensor) -> Tensor:
        return self.score(self.words(words))


def test_tied_weights_get_the_gradients_of_both_uses_and_one_step() -> None:
    traced = step_of(Tied(), torch.zeros(2, 5, dtype=torch.int64))
    macs = 2 * 5 * 8 * 50
    assert macs_by_part(traced) == (macs, 0, macs, macs)
    costs = by_part(traced, "words")
    # The gradients of what was looked up are added up, and then those of both uses.
    assert costs["weight_gradients"].flops == 2 * 5 * 8 + 50 * 8
    assert costs["optimizer"].flops == 2 * 50 * 8  # p + lr * g
    assert by_part(traced, "score")["optimizer"].flops == 0


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(x, weight)
        return x @ weight.t()

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        return gradient @ weight, gradient.t() @ x


class UsesProduct(nn.Module):
    def __init__(self, given: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out, given))

    def forward(self, x: Tensor) -> Tensor:
        return Product.apply(x, self.weight)


def test_a_function_with_a_derivative_of_its_own_is_followed_like_any() -> None:
    model, x = nn.Sequential(UsesProduct(8, 16), UsesProduct(16, 4)), torch.zeros(3, 8)
    first, second = 3 * 8 * 16, 3 * 16 * 4
    traced = step_of(model, x)
    # The first one computes the gradient of its input unasked.
    assert macs_by_part(traced) == (first + second, 0, first + second, first + second)
    assert macs_by_part(traced, "1") == (second, 0, second, second)


def test_accumulated_gradients_are_passes_and_additions() -> None:
    model, x = nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 4)), torch.zeros(3, 8)
    once, thrice = step_of(model, x), step_of(model, x, passes=3)
    assert macs_by_part(thrice) == tuple(3 * macs for macs in macs_by_part(once))
    params = sum(parameter.numel() for parameter in model.parameters())
    added = by_part(thrice)["weight_gradients"]
    assert added.other_flops == 3 * by_part(once)["weight_gradients"].other_flops + 2 * params
    assert by_part(thrice)["optimizer"] == by_part(once)["optimizer"]


def test_under_autocast_gradients_belong_where_they_do_without() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 6, 4))
    x = torch.zeros(2, 3, 8, 8)
    cast = step_of(model, x, cast=lambda: torch.autocast("cpu", torch.bfloat16))
    plain = step_of(model, x)
    for scope in ("0", "3"):
        assert macs_by_part(cast, scope) == macs_by_part(plain, scope)
