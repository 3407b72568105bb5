"""Counts that other tools' test-suites assert of single operators, and closed forms; ours agree.

``operators.json`` names the source of each. A tool's figure is compared in its own unit: some call
multiply-accumulates FLOPs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from flopscope.trace import trace
from flopscope.tree import profile
from tests.recording import executed

CASES = json.loads(Path(__file__).with_name("operators.json").read_text(encoding="utf-8"))
OF_TOOLS = [case for case in CASES if "op" in case]
FORWARD = [case for case in OF_TOOLS if case["pass"] == "fwd" and case["op"].isidentifier()]


class Program(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(*tensors)


def traced_macs(program: Callable[..., Any], *tensors: torch.Tensor) -> int:
    module = program if isinstance(program, nn.Module) else Program(program)
    return profile(trace(module.eval(), tensors)).root.cost.macs


def program_of(op: str, arguments: dict[str, Any]) -> Callable[..., Any]:
    """A module, or a function of torch, with its arguments."""
    if hasattr(nn, op):
        module: nn.Module = getattr(nn, op)(**arguments)
        return module
    if "equation" in arguments:
        return lambda *tensors: torch.einsum(arguments["equation"], *tensors)
    function = getattr(functional, op, None) or getattr(torch, op)
    return lambda *tensors: function(*tensors, **arguments)


@pytest.mark.parametrize("case", FORWARD, ids=lambda case: case["id"])
def test_a_tools_figure_for_an_operator_is_ours(case: dict[str, Any]) -> None:
    tensors = [torch.zeros(shape) for shape in case["inputs"]]
    macs = traced_macs(program_of(case["op"], case["args"]), *tensors)
    assert macs * (2 if case["unit"] == "flops" else 1) == case["expected"]


def expected(name: str) -> int:
    (case,) = (case for case in CASES if case["id"] == name)
    return int(case["expected"])


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape)


def flops_with_gradients(program: Callable[..., torch.Tensor], *tensors: torch.Tensor) -> int:
    """2 per multiply-accumulate of a real forward and backward pass."""

    def run(*given: torch.Tensor) -> None:
        program(*given).sum().backward()

    found, _ = executed(run, *tensors)
    return 2 * found.macs


def test_a_product_into_a_given_tensor_counts_the_same() -> None:
    x, out = zeros(10, 10), zeros(10, 10)
    assert 2 * traced_macs(lambda a, b: torch.mm(a, a, out=b), x, out) == expected("torch.mm_out")


def test_a_product_whose_second_operand_is_frozen_has_one_gradient() -> None:
    x, w, batch = zeros(4, 5).requires_grad_(), zeros(5, 6), zeros(7, 6, 7)
    found = flops_with_gradients(lambda a: (a @ w).expand(7, 4, 6).bmm(batch), x)
    assert found == expected("torch.mm_bmm_backward")


def test_attention_takes_three_and_a_half_times_its_forward_pass_in_training() -> None:
    (case,) = (case for case in CASES if case["id"] == "torch.sdpa_fwdbwd_flash_uniform")
    q, k, v = (zeros(*shape).requires_grad_() for shape in case["inputs"])
    attend = functional.scaled_dot_product_attention
    found = flops_with_gradients(lambda q, k, v: attend(q, k, v, is_causal=True), q, k, v)
    assert found == case["expected"]


def test_products_in_two_modules_and_their_gradients_add_up() -> None:
    x = zeros(10, 10).requires_grad_()
    found = flops_with_gradients(lambda a: a.mm(a) + a.mm(a), x)
    assert found == expected("torch.pytree_two_modules")


@pytest.mark.parametrize(("groups", "channels"), [(2, 8), (8, 8), (32, 32)])
def test_the_backward_pass_of_a_grouped_convolution_is_twice_its_forward(
    groups: int, channels: int
) -> None:
    x = zeros(2, channels, 10, 10).requires_grad_()
    convolution = nn.Conv2d(channels, channels, 3, padding=1, groups=groups)
    found = flops_with_gradients(convolution, x)
    assert found == expected(f"grouped_conv_backward_g{groups}")


def routed(x: torch.Tensor, experts: torch.Tensor) -> torch.Tensor:
    offsets = torch.tensor([16, 32, 48, 64], dtype=torch.int32)
    return torch._grouped_mm(x, experts, offs=offsets)


WITHOUT_GRADIENTS: dict[str, tuple[Callable[..., Any], tuple[torch.Tensor, ...]]] = {
    "mv": (torch.mv, (zeros(30, 40), zeros(40))),
    "addmv": (torch.addmv, (zeros(30), zeros(30, 40), zeros(40))),
    "dot": (torch.dot, (zeros(40), zeros(40))),
    "addbmm": (torch.addbmm, (zeros(3, 5), zeros(4, 3, 6), zeros(4, 6, 5))),
    "cdist_mm": (torch.cdist, (zeros(40, 5), zeros(50, 5))),
    "lstm_cpu_nograd": (nn.LSTM(16, 32), (zeros(5, 1, 16),)),
    "gru_cpu_nograd": (nn.GRU(16, 32), (zeros(5, 1, 16),)),
    "mha_fastpath_cpu_nograd": (
        nn.MultiheadAttention(64, 4, batch_first=True),
        (zeros(2, 10, 64),) * 3,
    ),
    "encoder_layer_fastpath_cpu_nograd": (
        nn.TransformerEncoderLayer(64, 4, 128, batch_first=True),
        (zeros(2, 10, 64),),
    ),
    "grouped_mm": (routed, (zeros(64, 32).bfloat16(), zeros(4, 32, 48).bfloat16())),
    "int_mm": (
        torch._int_mm,
        (torch.zeros(32, 32, dtype=torch.int8), torch.zeros(32, 32, dtype=torch.int8)),
    ),
    "sdpa_causal": (
        lambda q: functional.scaled_dot_product_attention(q, q, q, is_causal=True),
        (zeros(1, 4, 16, 32),),
    ),
}


@pytest.mark.parametrize("name", WITHOUT_GRADIENTS)
def test_the_trace_and_the_real_run_agree_with_the_closed_form(name: str) -> None:
    program, tensors = WITHOUT_GRADIENTS[name]
    module = (program if isinstance(program, nn.Module) else Program(program)).eval()
    assert 2 * traced_macs(module, *tensors) == expected(name)
    with torch.no_grad():
        found, _ = executed(module, *tensors)
    assert 2 * found.macs == expected(name)


def test_an_lstm_takes_the_same_forward_pass_with_gradients() -> None:
    found, _ = executed(nn.LSTM(16, 32), zeros(5, 1, 16))
    assert 2 * found.macs == expected("lstm_cpu_grad")
