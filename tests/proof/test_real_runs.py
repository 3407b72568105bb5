"""The user's operators count as much as the kernels that a real run takes in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from flopscope.trace import trace
from flopscope.tree import profile
from tests.recording import executed


def macs(module: nn.Module, *tensors: torch.Tensor) -> int:
    """Of the canonical trace."""
    return profile(trace(module, tensors)).root.cost.macs


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape)


CONVOLUTION = nn.Conv2d(8, 8, 3, padding=1, groups=2)
TRANSPOSED = nn.ConvTranspose2d(8, 4, 3, stride=2)
LSTM, GRU = nn.LSTM(16, 32, 2, bidirectional=True), nn.GRU(16, 32, 2)
ATTENTION = nn.MultiheadAttention(64, 4, batch_first=True)
ENCODER = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
IMAGE, SEQUENCE, TOKENS = zeros(2, 8, 10, 10), zeros(5, 3, 16), zeros(2, 10, 64)

PROGRAMS = [
    pytest.param(CONVOLUTION, (IMAGE,), "convolution", id="convolution"),
    pytest.param(TRANSPOSED, (IMAGE,), "convolution", id="transposed"),
    pytest.param(LSTM, (SEQUENCE,), "mkldnn_rnn_layer", id="lstm"),
    pytest.param(GRU, (SEQUENCE,), "addmm", id="gru"),
    pytest.param(nn.Bilinear(3, 4, 5), (zeros(2, 3), zeros(2, 4)), "_trilinear", id="bilinear"),
    pytest.param(ATTENTION, (TOKENS,) * 3, "_native_multi_head_attention", id="attention"),
    pytest.param(ENCODER, (TOKENS,), "_transformer_encoder_layer_fwd", id="encoder"),
]


@pytest.mark.parametrize(("module", "tensors", "kernel"), PROGRAMS)
def test_a_real_run_without_gradients_takes_the_macs_of_the_trace(
    module: nn.Module, tensors: tuple[torch.Tensor, ...], kernel: str
) -> None:
    module = module.eval()
    with torch.no_grad():
        found, calls = executed(module, *tensors)
    assert f"aten.{kernel}" in calls
    assert found.macs == macs(module, *tensors)


def forward_and_backward(module: nn.Module) -> Callable[..., None]:
    def run(*tensors: torch.Tensor) -> None:
        output: Any = module(*tensors)
        first = output if isinstance(output, torch.Tensor) else output[0]
        first.backward(torch.ones_like(first))

    return run


# A bilinear form has three gradients; a GRU's first state, being zero, has none.
TWO_GRADIENTS = [case for case in PROGRAMS if case.id not in {"bilinear", "gru"}]


@pytest.mark.parametrize(("module", "tensors", "kernel"), TWO_GRADIENTS)
def test_training_takes_three_times_the_macs_of_inference(
    module: nn.Module, tensors: tuple[torch.Tensor, ...], kernel: str
) -> None:
    """Every product of the forward pass gives one to either operand's gradient."""
    module = module.train()
    inputs = tuple(tensor.clone().requires_grad_() for tensor in tensors)
    found, _ = executed(forward_and_backward(module), *inputs)
    assert found.macs == 3 * macs(module.eval(), *tensors)
