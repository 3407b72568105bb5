"""What an operator takes while it runs, against what torch's profiler sees allocated."""

from __future__ import annotations

import platform
from typing import Any

import pytest
import torch
from torch import nn

from flopscope.records import Operation, TensorSpec
from flopscope.trace.scratch import scratch_nbytes
from tests.profiled import most_allocated

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN lays out memory for x86"
)

LAYERS = {
    "3x3": (nn.Conv2d(32, 64, 3, padding=1), (8, 32, 40, 40)),
    "3x3 to 28 channels": (nn.Conv2d(32, 28, 3), (8, 32, 40, 40)),
    "3x3 with strides": (nn.Conv2d(64, 64, 3, 2, 1), (8, 64, 40, 40)),
    "3x3 with more weights than activations": (nn.Conv2d(256, 256, 3, 2, 1), (8, 256, 8, 8)),
    "7x7 on colours": (nn.Conv2d(3, 64, 7, 2, 3), (8, 3, 96, 96)),
    "1x1 with strides": (nn.Conv2d(128, 256, 1, 2), (8, 128, 40, 40)),
    "1x1 that a product does": (nn.Conv2d(64, 128, 1), (8, 64, 40, 40)),
    "1x1 on many images": (nn.Conv2d(64, 128, 1), (16, 64, 20, 20)),
    "depthwise": (nn.Conv2d(64, 64, 3, padding=1, groups=64), (8, 64, 40, 40)),
    "depthwise with strides": (nn.Conv2d(64, 64, 3, 2, 1, groups=64), (8, 64, 40, 40)),
    "large depthwise": (nn.Conv2d(64, 64, 7, padding=3, groups=64), (8, 64, 40, 40)),
    "in groups": (nn.Conv2d(128, 128, 3, padding=1, groups=4), (8, 128, 28, 28)),
    "in groups of half a block": (nn.Conv2d(64, 64, 3, 2, 1, groups=8), (8, 64, 40, 40)),
    "transposed": (nn.ConvTranspose2d(64, 32, 3, padding=1), (8, 64, 28, 28)),
    "transposed with strides": (nn.ConvTranspose2d(64, 32, 2, 2), (8, 64, 28, 28)),
    "on sequences": (nn.Conv1d(64, 128, 3, padding=1), (8, 64, 1000)),
}
"""Layers that processors with AVX2 and with AVX-512 lay out alike."""


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", LAYERS)
def test_a_convolution_takes_what_torch_allocates_beside_its_result(name):
    layer, shape = LAYERS[name]
    x = torch.zeros(shape)
    with torch.no_grad():
        call = called(layer, x)
        made = torch.ops.aten.convolution(x, layer.weight, None, *call.values())
        seen = most_allocated(
            lambda: torch.ops.aten.convolution(x, layer.weight, None, *call.values())
        )
    args = {"input": spec_of(x), "weight": spec_of(layer.weight), **call}
    operation = Operation("aten.convolution", "default", args, (spec_of(made),))
    assert_takes(made.nbytes + scratch_nbytes(operation), seen, x, made)


@pytest.mark.parametrize("mask", [(True, True, False), (True, False, False), (False, True, False)])
@pytest.mark.parametrize("name", LAYERS)
def test_its_derivatives_take_what_torch_allocates_beside_their_results(name, mask):
    layer, shape = LAYERS[name]
    x = torch.zeros(shape)
    with torch.no_grad():
        gradient = torch.zeros_like(layer(x))
        call = called(layer, x)

        def derived() -> Any:
            return torch.ops.aten.convolution_backward(
                gradient, x, layer.weight, None, *call.values(), mask
            )

        derived()
        seen = most_allocated(derived)
    returned = tuple(
        spec_of(each) for each, asked in zip((x, layer.weight), mask, strict=False) if asked
    )
    args = {"grad_output": spec_of(gradient), "input": spec_of(x), "weight": spec_of(layer.weight)}
    operation = Operation(
        "aten.convolution_backward", "default", {**args, **call, "output_mask": mask}, returned
    )
    results = sum(each.nbytes for each in returned)
    assert_takes(results + scratch_nbytes(operation), seen, x, gradient)


@pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() != "AVX512", reason="blocks of 16 channels"
)
def test_a_large_depthwise_weight_has_a_gradient_of_whole_blocks_where_channels_lie_together():
    channels, kernel, side, block = 96, 7, 14, 16
    layer = nn.Conv2d(channels, channels, kernel, padding=3, groups=channels)
    x = torch.zeros(2, channels, side, side).to(memory_format=torch.channels_last)
    call, mask = called(layer, x), (True, True, False)
    gradient = torch.zeros_like(x)
    with torch.no_grad():
        seen = most_allocated(
            lambda: torch.ops.aten.convolution_backward(
                gradient, x, layer.weight, None, *call.values(), mask
            )
        )
    strides = (channels * side * side, 1, side * channels, channels)
    laid_out = TensorSpec(tuple(x.shape), strides=strides)
    args = {"grad_output": laid_out, "input": laid_out, "weight": spec_of(layer.weight)}
    operation = Operation(
        *("aten.convolution_backward", "default", {**args, **call, "output_mask": mask}),
        (laid_out, spec_of(layer.weight)),
    )
    weight = layer.weight.nbytes
    assert scratch_nbytes(operation) == weight * block * block + weight
    assert x.nbytes + weight + scratch_nbytes(operation) == pytest.approx(seen, rel=0.03)


def assert_takes(found: int, seen: int, given: torch.Tensor, made: torch.Tensor) -> None:
    """Within 3%, but for what a thread may take for itself: one image of eight or more."""
    image = (given.nbytes + made.nbytes) // len(given)
    assert 0.97 * seen - image <= found <= 1.03 * seen


def called(layer: Any, x: torch.Tensor) -> dict[str, Any]:
    """How a layer calls its operator, beside the tensors: in the order of its schema."""
    nothing = (0,) * (x.ndim - 2)
    return {
        "stride": layer.stride,
        "padding": layer.padding,
        "dilation": layer.dilation,
        "transposed": layer.transposed,
        "output_padding": nothing,
        "groups": layer.groups,
    }


def spec_of(tensor: torch.Tensor) -> TensorSpec:
    return TensorSpec(tuple(tensor.shape))
