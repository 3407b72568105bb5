"""What other counters' own test-suites assert of layers and models; each in its own convention.

``peers.json`` names the source of each case. Single operators whose figure every tool agrees on are
in ``operators.json``.
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

from flopscope.analysis.conventions import native, total
from flopscope.analysis.conventions.weighing import macs_of
from flopscope.records import Operation, Trace
from flopscope.trace import building, trace
from flopscope.tree import profile
from tests.recording import executed

CASES = {
    case["id"]: case
    for case in json.loads(Path(__file__).with_name("peers.json").read_text(encoding="utf-8"))
}

ONE_PER_OUTPUT = {
    *("batch_norm", "layer_norm", "adaptive_avg_pool2d", "avg_pool2d"),
    *("leaky_relu", "mul"),
}
ONE_PER_INPUT = {"adaptive_avg_pool2d", "avg_pool2d", "max_pool2d", "relu"}


def name_of(operation: Operation) -> str:
    return operation.op.removeprefix("aten.").removesuffix("_")


def torchprofile(traced: Trace) -> int:
    """Multiply-accumulates, and one per output of norms, average pools and products."""

    def weigh(operation: Operation) -> int:
        if name_of(operation) in ONE_PER_OUTPUT:
            return operation.outputs[0].numel
        return native.macs(operation).figure

    return sum(weigh(call.operation) for call in traced.calls)


def ptflops(operation: Operation) -> int:
    """Multiply-accumulates and biases; one per input of pools and ReLUs, two of batch norms."""
    name = name_of(operation)
    read = next(operation.tensors()).numel
    if name == "batch_norm":
        return 2 * read
    if name in ONE_PER_INPUT:
        return read
    if name.startswith("upsample"):
        return operation.outputs[0].numel
    return native.macs_and_biases(operation).figure


def flopth(traced: Trace) -> int:
    """As ptflops without a linear layer's bias, of the last call of each of torch's own layers."""
    kinds = {module.scope: module.kind for module in traced.modules}
    last = {
        call.scope: (macs_of if kinds[call.scope] == "Linear" else ptflops)(call.operation)
        for call in traced.calls
        if hasattr(nn, kinds[call.scope])
    }
    return sum(last.values())


IN_UNIT: dict[str, Callable[[Trace], float]] = {
    "flops": lambda traced: total(traced, "two-per-mac"),
    "fvcore_flops": lambda traced: total(traced, "fvcore"),
    "torchprofile_macs": torchprofile,
    "gmacs": lambda traced: torchprofile(traced) / 1e9,
    "ptflops_macs": lambda traced: sum(ptflops(call.operation) for call in traced.calls),
    "flopth_macs": flopth,
}


class Program(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(*tensors)


def affine(channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.ones(channels), torch.zeros(channels)


FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "fvcore.F.batch_norm_eval_affine": lambda x: functional.batch_norm(x, *affine(2), *affine(2)),
    "fvcore.F.batch_norm_eval_noaffine": lambda x: functional.batch_norm(x, *affine(2)),
    "fvcore.F.group_norm_affine": lambda x: functional.group_norm(x, 2, *affine(2)),
    "fvcore.upsample_bilinear2x": lambda x: functional.interpolate(
        x, scale_factor=2, mode="bilinear"
    ),
    "ptflops.interpolate": lambda x: functional.interpolate(x, size=(20, 20), mode="bilinear"),
}
LAYERS = [
    name
    for name, case in CASES.items()
    if case["op"].isidentifier() and case["pass"] == "fwd" and "relation" not in case
]


def case_of(name: str) -> tuple[dict[str, Any], tuple[torch.Tensor, ...]]:
    case = CASES[name]
    return case, tuple(torch.zeros(shape) for shape in case["inputs"])


def layer_of(case: dict[str, Any]) -> nn.Module:
    layer: nn.Module = getattr(nn, case["op"])(**case["args"])
    return layer.train(case.get("mode") == "train")


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_counts_as_in_the_tools_own_test(name: str) -> None:
    case, tensors = case_of(name)
    assert IN_UNIT[case["unit"]](trace(layer_of(case), tensors)) == case["expected"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_counts_as_in_the_tools_own_test(name: str) -> None:
    case, tensors = case_of(name)
    traced = trace(Program(FUNCTIONS[name]), tensors)
    assert IN_UNIT[case["unit"]](traced) == case["expected"]


def test_the_small_network_of_fvcore_counts_as_in_its_own_test() -> None:
    case, tensors = case_of("fvcore.threenet")
    network = nn.Sequential(
        nn.Conv2d(2, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3), nn.Linear(3, 1)
    )
    assert total(trace(network, tensors), "fvcore") == case["expected"]


OF_TORCHVISION = [name for name, case in CASES.items() if case["op"].startswith("torchvision.")]


@pytest.mark.parametrize(
    "name",
    [name for name in OF_TORCHVISION if name.startswith(("torchprofile.model", "flopth"))],
)
def test_a_model_counts_as_in_the_tools_own_test(name: str) -> None:
    torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
    case, tensors = case_of(name)
    with building():
        model = getattr(torchvision.models, case["op"].removeprefix("torchvision."))().eval()
    counted = IN_UNIT[case["unit"]](trace(model, tensors))
    if "printed" in case:
        scale = 1e9 if case["printed"].endswith("G") else 1e6
        assert f"{counted / scale:#.6g}" == case["printed"][:-1]
    else:
        assert abs(counted - case["expected"]) <= case["abs_tol"]


def test_a_language_model_counts_as_in_the_tools_own_test() -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    case = CASES["torchprofile.model.gpt2"]
    with building():
        model = transformers.GPT2Model(transformers.GPT2Config()).eval()
    traced = trace(model, (torch.zeros(case["inputs"][0], dtype=torch.int64),))
    assert abs(torchprofile(traced) / 1e9 - case["expected"]) <= case["abs_tol"]


def flops_with_gradients(program: Callable[..., torch.Tensor], *tensors: torch.Tensor) -> int:
    """2 per multiply-accumulate of a real forward and backward pass."""
    found, _ = executed(lambda *given: program(*given).sum().backward(), *tensors)
    return 2 * found.macs


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "bwd" in case])
def test_the_backward_pass_of_a_convolution_is_twice_its_forward(name: str) -> None:
    case, (x, w) = case_of(name)
    function = getattr(functional, case["op"])
    traced = trace(Program(lambda a, b: function(a, b, **case["args"])), (x, w))
    assert total(traced, "two-per-mac") == case["fwd"]
    found = flops_with_gradients(function, x.requires_grad_(), w.requires_grad_())
    assert found - case["fwd"] == case["bwd"] == 2 * case["fwd"]


def test_a_training_step_of_a_residual_network_is_three_times_its_forward() -> None:
    torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
    case, (image,) = case_of("torch.resnet18_fwd_bwd")
    found = flops_with_gradients(torchvision.models.resnet18().eval(), image.requires_grad_())
    assert found == case["expected"]


def test_a_stage_of_a_residual_network_is_counted_forward_and_backward() -> None:
    torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
    model = torchvision.models.resnet18().eval()
    counted = profile(trace(model, (torch.zeros(1, 3, 224, 224),)))
    forward = CASES["torch.resnet18_layer1_conv_fwd"]["expected"]
    assert 2 * counted.nodes["layer1"].cost.macs == forward
    both = flops_with_gradients(model.layer1, torch.zeros(1, 64, 56, 56, requires_grad=True))
    assert both - forward == CASES["torch.resnet18_layer1_conv_bwd"]["expected"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="ragged attention runs on CUDA alone")
def test_ragged_attention_is_the_sum_of_its_sequences() -> None:
    arguments = CASES["torch.sdpa_nested_jagged"]["args"]
    heads, channels = arguments["n_heads"], arguments["head_dim"]

    def ragged(lengths: list[int]) -> torch.Tensor:
        sequences = [torch.zeros(length, heads, channels, device="cuda") for length in lengths]
        nested = torch.nested.nested_tensor(sequences, layout=torch.jagged, dtype=torch.float16)
        return nested.transpose(1, 2)

    for keys in arguments["k_lengths"]:
        q, k = ragged(arguments["q_lengths"]), ragged(keys)
        found, _ = executed(lambda a, b: functional.scaled_dot_product_attention(a, b, b), q, k)
        pairs = zip(arguments["q_lengths"], keys, strict=True)
        assert found.macs == sum(heads * a * b * (channels + channels) for a, b in pairs)
