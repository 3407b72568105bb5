"""Quantised layers: multiply-accumulates, and per output the bias and the way back to integers.

Packed weights appear as the specs of the weight and the bias that they unpack to. Where a trace
shows neither, a linear or recurrent layer still follows from its inputs; a convolution cannot be
counted.
"""

from __future__ import annotations

import math
from functools import partial

from flopscope.costs import Cost, formula
from flopscope.costs.quantized import DEQUANTISE, QUANTISE
from flopscope.costs.recurrent import GRU, LSTM, RNN, Cell
from flopscope.records import Argument, TensorSpec, tensors_in

OBSERVE = 2
"""Two comparisons per element, for the smallest and the largest."""


@formula("quantized.linear", "quantized.linear_relu")
def linear(X: TensorSpec, out: TensorSpec) -> Cost:
    """The product, the bias and the way back to integers."""
    return Cost(out.numel * X.shape[-1], (1 + QUANTISE) * out.numel)


@formula("quantized.linear_leaky_relu", "quantized.linear_tanh")
def linear_activation(X: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`linear`, and a tanh, or a product and a comparison: 2 at most."""
    return linear(X, out) + Cost(other_flops=2 * out.numel)


@formula("quantized.linear_dynamic", "quantized.linear_relu_dynamic")
def linear_dynamic(X: TensorSpec, out: TensorSpec) -> Cost:
    """Inputs are observed and quantised, the product is dequantised and the bias added."""
    arriving = (OBSERVE + QUANTISE) * X.numel
    return Cost(out.numel * X.shape[-1], arriving + (DEQUANTISE + 1) * out.numel)


@formula(
    "quantized.linear_dynamic_fp16",
    "quantized.linear_relu_dynamic_fp16",
    "quantized.linear_dynamic_fp16_unpacked_weight",
)
def linear_half(X: TensorSpec, out: TensorSpec) -> Cost:
    """The product and the bias: weights of half precision need no scale."""
    return Cost(out.numel * X.shape[-1], out.numel)


@formula("quantized.matmul")
def matmul(qa: TensorSpec, out: TensorSpec) -> Cost:
    """The product and the way back to integers."""
    return Cost(out.numel * qa.shape[-1], QUANTISE * out.numel)


@formula(
    "quantized.conv1d",
    "quantized.conv2d",
    "quantized.conv3d",
    "quantized.conv1d_relu",
    "quantized.conv2d_relu",
    "quantized.conv3d_relu",
)
def convolution(
    out: TensorSpec, packed_weight: Argument = None, weight: Argument = None
) -> Cost | None:
    """As a convolution of floats, and the way back to integers; None where the weight is hidden."""
    filters = next(tensors_in((packed_weight, weight)), None)
    if filters is None:
        return None
    return Cost(out.numel * math.prod(filters.shape[1:]), (1 + QUANTISE) * out.numel)


@formula("quantized.conv2d_add", "quantized.conv2d_add_relu")
def convolution_add(out: TensorSpec, packed_weight: Argument) -> Cost | None:
    """As :func:`convolution`, and the other summand: its scale and the sum."""
    summand = Cost(other_flops=(DEQUANTISE + 1) * out.numel)
    without = convolution(out, packed_weight)
    return None if without is None else without + summand


@formula(
    "quantized.conv1d_dynamic",
    "quantized.conv2d_dynamic",
    "quantized.conv3d_dynamic",
)
def convolution_dynamic(qx: TensorSpec, out: TensorSpec, packed_weight: Argument) -> Cost | None:
    """Inputs are observed and quantised, the product is dequantised and the bias added."""
    filters = next(tensors_in(packed_weight), None)
    if filters is None:
        return None
    arriving = (OBSERVE + QUANTISE) * qx.numel
    products = out.numel * math.prod(filters.shape[1:])
    return Cost(products, arriving + (DEQUANTISE + 1) * out.numel)


@formula(
    "quantized.conv_transpose1d",
    "quantized.conv_transpose2d",
    "quantized.conv_transpose3d",
)
def convolution_transposed(qx: TensorSpec, out: TensorSpec, packed_weight: Argument) -> Cost | None:
    """As a transposed convolution of floats; None where the weight is hidden."""
    filters = next(tensors_in(packed_weight), None)
    if filters is None:
        return None
    return Cost(qx.numel * math.prod(filters.shape[1:]), (1 + QUANTISE) * out.numel)


def layers(
    cell: Cell,
    hx: Argument,
    has_biases: bool,
    num_layers: int,
    bidirectional: bool,
    out: TensorSpec,
    input: TensorSpec | None = None,
    data: TensorSpec | None = None,
) -> Cost:
    """Recurrent layers, their matrices' shapes derived from those of the input and the state."""
    source, state = next(tensors_in((input, data))), next(tensors_in(hx))
    width, hidden = source.shape[-1], state.shape[-1]
    directions = 1 + bidirectional
    columns = (width + hidden) + (num_layers - 1) * (directions + 1) * hidden
    cells = num_layers * directions
    rows = cell.gates * hidden
    positions = out.numel // out.shape[-1]
    flops = cells * (2 * rows * has_biases + cell.flops * hidden)
    return Cost(positions * directions * rows * columns, positions * flops)


def single_step(cell: Cell, input: TensorSpec, hx: Argument) -> Cost:
    """One step of one cell, with its two biases."""
    hidden = next(tensors_in(hx)).shape[-1]
    rows = cell.gates * hidden
    batch = input.numel // input.shape[-1]
    products = batch * rows * (input.shape[-1] + hidden)
    return Cost(products, batch * (2 * rows + cell.flops * hidden))


formula("aten.quantized_lstm")(partial(layers, LSTM))
formula("aten.quantized_gru")(partial(layers, GRU))
formula("quantized.quantized_lstm_cell_dynamic")(partial(single_step, LSTM))
formula("quantized.quantized_gru_cell_dynamic")(partial(single_step, GRU))
formula("quantized.quantized_rnn_tanh_cell_dynamic", "quantized.quantized_rnn_relu_cell_dynamic")(
    partial(single_step, RNN)
)
