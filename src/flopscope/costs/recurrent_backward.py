"""Derivatives of recurrent layers: twice the forward pass, gates likewise."""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.costs.recurrent import GRU, LSTM, Weights, cudnn_layers, mkldnn_layer
from flopscope.records import TensorSpec


@formula("aten._cudnn_rnn_backward", "aten.miopen_rnn_backward")
def cudnn_layers_backward(
    weight: Weights,
    mode: int,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    output: TensorSpec,
) -> Cost:
    """Twice the forward pass."""
    forward = cudnn_layers(weight, mode, num_layers, dropout, train, bidirectional, output)
    return forward + forward


@formula("aten.mkldnn_rnn_layer_backward")
def mkldnn_layer_backward(
    input: TensorSpec,
    weight1: TensorSpec,
    weight2: TensorSpec,
    weight3: TensorSpec,
    weight4: TensorSpec,
    mode: int,
    has_biases: bool,
) -> Cost:
    """Twice the forward pass; here the weights are numbered from 1."""
    forward = mkldnn_layer(input, weight1, weight2, weight3, weight4, mode, has_biases)
    return forward + forward


@formula("aten._thnn_fused_lstm_cell_backward_impl")
def fused_lstm_gates_backward(cx: TensorSpec) -> Cost:
    """Twice the gates of one step."""
    return Cost(other_flops=2 * LSTM.flops * cx.numel)


@formula("aten._thnn_fused_gru_cell_backward")
def fused_gru_gates_backward(grad_hy: TensorSpec) -> Cost:
    """Twice the gates of one step."""
    return Cost(other_flops=2 * GRU.flops * grad_hy.numel)
