"""What torch makes of the operators that a program calls, on a CPU and with gradients enabled.

A counter that listens to torch's dispatcher meets products of matrices and convolutions, into which
most else has been taken apart, and some kernels that are one operator: of attention, of LSTMs, of
products with a vector (torch 2.13 and 2.14; ``Linear.cpp``, ``RNN.cpp`` and
``transformers/sdp_utils_cpp.cpp`` of ATen).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flopscope.analysis.conventions.fast_path import (
    FUSED,
    FUSED_LAYER,
    fused_attention,
    fused_layers,
)
from flopscope.analysis.conventions.weighing import is_complex, macs_of
from flopscope.records import Call, Operation, Scope, TensorSpec, Trace, is_within

_PRODUCTS = frozenset(
    f"aten.{op}"
    for op in (
        *("linear", "mm", "bmm", "matmul", "addmm", "baddbmm", "einsum", "tensordot", "inner"),
        *(f"conv{rank}d" for rank in (1, 2, 3)),
        *(f"conv_transpose{rank}d" for rank in (1, 2, 3)),
        *("convolution", "_convolution", "scaled_dot_product_attention"),
        *("lstm", "gru", "rnn_tanh", "rnn_relu"),
        *("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"),
    )
)
"""Operators that are, or are made of, products of matrices and convolutions."""

_KINDS_OF_ONE_KERNEL = frozenset({"float32", "bfloat16", "float16"})
"""What a kernel for whole LSTMs takes."""


def fused_in(trace: Trace, hooked: Iterable[Scope] = ()) -> Mapping[Scope, str]:
    """The scopes in which one operator without a formula runs in the place of all others.

    Args:
        trace: a canonical one.
        hooked: modules that a counter registers hooks on, which keeps layers around them whole.
    """
    layers = [
        layer
        for layer in fused_layers(trace, gradients=True)
        if not any(is_within(scope, layer) for scope in hooked)
    ]
    fused = dict.fromkeys(fused_attention(trace, gradients=True), FUSED)
    for spec in trace.modules:
        if any(is_within(spec.scope, layer) for layer in layers):
            fused[spec.scope] = FUSED_LAYER
    return fused


def products_of(call: Call) -> int:
    """Multiplications that reach the dispatcher as products of matrices and convolutions."""
    operation = call.operation
    if operation.op not in _PRODUCTS or _is_one_kernel(call):
        return 0
    if not is_complex(operation):
        return macs_of(operation)
    # A complex convolution is three real ones; a complex product is one product.
    return macs_of(operation) // 4 * (3 if "conv" in operation.op else 1)


def _is_one_kernel(call: Call) -> bool:
    operation = call.operation
    if operation.op == "aten.scaled_dot_product_attention":
        return is_fused_attention(call)
    if operation.op == "aten.lstm":
        return is_fused_lstm(operation)
    if operation.op in ("aten.matmul", "aten.mm"):
        return list(operation.tensors())[1].ndim == 1  # a product with a vector
    return False


def is_fused_lstm(operation: Operation) -> bool:
    """Whether whole layers run as one: no packed sequences, no projections."""
    first = next(operation.tensors())
    params = operation.args["params"]
    assert isinstance(params, tuple)
    layers, ways = int(str(operation.args["num_layers"])), 1 + bool(operation.args["bidirectional"])
    each = 4 if operation.args["has_biases"] else 2
    is_projected = len(params) != layers * ways * each
    is_packed = operation.overload == "data"
    return first.dtype in _KINDS_OF_ONE_KERNEL and not is_packed and not is_projected


def is_fused_attention(call: Call) -> bool:
    """Whether the CPU's fused kernel takes it, whose conditions are on shapes and on the mask."""
    args = call.operation.args
    query, key, value, *masks = call.operation.tensors()
    if query.ndim not in (3, 4) or query.shape[-1] != value.shape[-1] or args["dropout_p"]:
        return False
    rows = slice(0, -3) if args.get("enable_gqa") else slice(0, -2)
    if not query.shape[rows] == key.shape[rows] == value.shape[rows]:
        return False
    if not all(map(_is_dense_at_last, (query, key, value))):
        return False
    takes_mask = all(mask.ndim in (2, 4) for mask in masks)
    return takes_mask and not any(call.learned[3:])


def _is_dense_at_last(tensor: TensorSpec) -> bool:
    return tensor.strides is None or tensor.strides[-1] == 1
