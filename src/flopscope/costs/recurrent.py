"""Recurrent layers and cells: every weight matrix meets every time step once, then the gates.

The gates' arithmetic is that of the equations in torch's documentation of LSTM, GRU and RNN, the
last one of the GRU with a product less, as torch computes it. The products with the input and the
hidden state are added, 1 per row; each bias is 1 per row; a sigmoid takes 4, a tanh 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of recurrent cell.

    Attributes:
        gates: rows of its weight matrices per hidden unit.
        flops: arithmetic per hidden unit and step, without products and biases.
    """

    gates: int
    flops: int


LSTM = Cell(4, 4 + 3 * 4 + 1 + 3 + 2)
"""4 sums, 3 sigmoids, a tanh, ``c = f * c + i * g`` and ``h = o * tanh(c)``."""

GRU = Cell(3, 2 + 2 * 4 + 2 + 1 + 3)
"""2 sums, 2 sigmoids, ``n = tanh(a + r * b)`` and ``h = n + z * (h - n)``."""

RNN = Cell(1, 2)
"""A sum and a tanh, or a comparison with zero."""

CUDNN_MODES = (RNN, RNN, LSTM, GRU)
"""By cuDNN's numbers: RNN with ReLU, RNN with tanh, LSTM, GRU."""

Weights = Sequence[TensorSpec]


def steps(cell: Cell, positions: int, weights: Weights, cells: int = 1) -> Cost:
    """The cost of cells at ``positions`` time steps, summed over the batch.

    Every matrix among the weights, projections included, is multiplied once per position, every
    bias added once. Gate rows follow from the first matrix, (gates * hidden, input).
    """
    matrices = sum(weight.numel for weight in weights if weight.ndim == 2)
    biases = sum(weight.numel for weight in weights if weight.ndim == 1)
    hidden = weights[0].shape[0] // cell.gates
    return Cost(positions * matrices, positions * (biases + cells * hidden * cell.flops))


def layers(
    cell: Cell,
    params: Weights,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    out: TensorSpec,
) -> Cost:
    """Layers over padded or packed sequences; a packed one holds the real steps alone.

    Between layers dropout in training costs 2 per element.
    """
    cells = num_layers * (1 + bidirectional)
    dropped = 2 * out.numel * (num_layers - 1) if train and dropout else 0
    return steps(cell, _positions(out), params, cells) + Cost(other_flops=dropped)


def single_step(
    cell: Cell,
    input: TensorSpec,
    w_ih: TensorSpec,
    w_hh: TensorSpec,
    b_ih: TensorSpec | None = None,
    b_hh: TensorSpec | None = None,
) -> Cost:
    """One step of one cell."""
    given = [weight for weight in (w_ih, w_hh, b_ih, b_hh) if weight is not None]
    return steps(cell, _positions(input), given)


formula("aten.lstm", "aten._lstm_mps")(partial(layers, LSTM))
formula("aten.gru")(partial(layers, GRU))
formula("aten.rnn_tanh", "aten.rnn_relu")(partial(layers, RNN))
formula("aten.lstm_cell", "aten.quantized_lstm_cell")(partial(single_step, LSTM))
formula("aten.gru_cell", "aten.quantized_gru_cell")(partial(single_step, GRU))
formula(
    "aten.rnn_tanh_cell",
    "aten.rnn_relu_cell",
    "aten.quantized_rnn_tanh_cell",
    "aten.quantized_rnn_relu_cell",
)(partial(single_step, RNN))


@formula("aten._cudnn_rnn", "aten.miopen_rnn")
def cudnn_layers(
    weight: Weights,
    mode: int,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    out: TensorSpec,
) -> Cost:
    """As :func:`layers`; the kind of cell is a number."""
    return layers(CUDNN_MODES[mode], weight, num_layers, dropout, train, bidirectional, out)


@formula("aten.mkldnn_rnn_layer")
def mkldnn_layer(
    input: TensorSpec,
    weight0: TensorSpec,
    weight1: TensorSpec,
    weight2: TensorSpec,
    weight3: TensorSpec,
    mode: int,
    has_biases: bool,
) -> Cost:
    """One layer in one direction; without biases their places hold other tensors."""
    weights = (weight0, weight1, weight2, weight3) if has_biases else (weight0, weight1)
    return steps(CUDNN_MODES[mode], _positions(input), weights)


@formula("aten._thnn_fused_lstm_cell")
def fused_lstm_gates(
    cx: TensorSpec, input_gates: TensorSpec, input_bias: TensorSpec | None = None
) -> Cost:
    """The gates of one step alone; both biases or none."""
    return _gates(LSTM, cx, input_gates, input_bias)


@formula("aten._thnn_fused_gru_cell")
def fused_gru_gates(
    hx: TensorSpec, input_gates: TensorSpec, input_bias: TensorSpec | None = None
) -> Cost:
    """The gates of one step alone; both biases or none."""
    return _gates(GRU, hx, input_gates, input_bias)


def _gates(cell: Cell, state: TensorSpec, input_gates: TensorSpec, bias: TensorSpec | None) -> Cost:
    biases = 0 if bias is None else 2 * input_gates.numel
    return Cost(other_flops=cell.flops * state.numel + biases)


def _positions(sequence: TensorSpec) -> int:
    return sequence.numel // sequence.shape[-1] if sequence.numel else 0
