"""Elementwise operators on quantised numbers, and the ways to and from them."""

from __future__ import annotations

from functools import partial

from flopscope.costs import Cost, declare_free, formula
from flopscope.records import TensorSpec

QUANTISE = 5
"""``clamp(round(x / scale) + zero, low, high)``: the clamp also serves a fused ReLU."""

DEQUANTISE = 2
"""``(q - zero) * scale``."""

BINARY = 1 + 2 * DEQUANTISE + QUANTISE

FLOPS_PER_OUTPUT = {
    "quantized.add": BINARY,
    "quantized.add_relu": BINARY,
    "quantized.mul": BINARY,
    "quantized.mul_relu": BINARY,
    "quantized.add_scalar": 1,  # moves the zero point
    "quantized.add_scalar_relu": 2,
    "quantized.mul_scalar": 1,  # changes the scale
    "quantized.mul_scalar_relu": 2,
    "quantized.relu6": 2,
    "quantized.clamp": 2,
    "quantized.threshold": 1,
    "quantized.leaky_relu": DEQUANTISE + 2 + QUANTISE,
    "quantized.prelu": DEQUANTISE + 2 + QUANTISE,
    "quantized.sigmoid": DEQUANTISE + 4 + QUANTISE,
    "quantized.hardswish": DEQUANTISE + 5 + QUANTISE,
    "quantized.elu": DEQUANTISE + 4 + QUANTISE,
    "quantized.celu": DEQUANTISE + 5 + QUANTISE,
    "aten.quantize_per_tensor": QUANTISE,
    "aten.quantize_per_tensor_dynamic": 2 + QUANTISE,  # finds the smallest and the largest
    "aten.quantize_per_channel": QUANTISE,
    "aten.fake_quantize_per_tensor_affine_cachemask": QUANTISE + DEQUANTISE,
    "aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams": QUANTISE + DEQUANTISE,
    "aten.fake_quantize_per_channel_affine_cachemask": QUANTISE + DEQUANTISE,
    "aten._fake_quantize_learnable_per_tensor_affine": QUANTISE + DEQUANTISE,
    "aten._fake_quantize_learnable_per_channel_affine": QUANTISE + DEQUANTISE,
    "quantized_decomposed.quantize_per_tensor": QUANTISE,
    "quantized_decomposed.quantize_per_channel": QUANTISE,
    "quantized_decomposed.quantize_per_token": QUANTISE,
    "quantized_decomposed.dequantize_per_tensor": DEQUANTISE,
    "quantized_decomposed.dequantize_per_channel": DEQUANTISE,
    "quantized_decomposed.dequantize_per_token": DEQUANTISE,
    "aten._fused_moving_avg_obs_fq_helper": 2 + QUANTISE + DEQUANTISE,
    "aten._fused_moving_avg_obs_fq_helper_functional": 2 + QUANTISE + DEQUANTISE,
}


def _per_output(flops: int, out: TensorSpec) -> Cost:
    """A fixed number of FLOPs for each output element."""
    return Cost(other_flops=flops * out.numel)


for _name, _flops in FLOPS_PER_OUTPUT.items():
    formula(_name)(partial(_per_output, _flops))


@formula("aten.dequantize")
def dequantize(outputs: tuple[TensorSpec, ...]) -> Cost:
    """``(q - zero) * scale``: 2 per element."""
    return Cost(other_flops=DEQUANTISE * sum(out.numel for out in outputs))


declare_free(
    f"quantized.{name}"
    for name in (
        "cat",
        "dropout",
        "linear_prepack",
        "linear_prepack_fp16",
        "conv1d_prepack",
        "conv2d_prepack",
        "conv3d_prepack",
        "conv_transpose1d_prepack",
        "conv_transpose2d_prepack",
        "conv_transpose3d_prepack",
        "embedding_byte",
        "embedding_4bit",
        "embedding_bag_prepack",
        "embedding_bag_byte_prepack",
        "embedding_bag_4bit_prepack",
    )
)
