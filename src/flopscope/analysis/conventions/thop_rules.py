"""thop's rules: what it adds for the operator of a module that it hooks, by the module's kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flopscope.analysis.conventions.weighing import Cause
from flopscope.records import Operation, TensorSpec, tensors_in


@dataclass(frozen=True, slots=True)
class Rule:
    """How thop counts an operator of a module that it hooks.

    Attributes:
        count: its figure.
        cause: why that isn't the operator's MACs, where it isn't.
    """

    count: Callable[[Operation], int]
    cause: Cause = Cause.EXTRA


def _linear(operation: Operation) -> int:
    return operation.outputs[0].numel * _tensor(operation, "weight").shape[-1]


def _convolution(operation: Operation) -> int:
    """Filter elements by output positions, of a transposed convolution, too."""
    weight, size = _tensor(operation, "weight"), _tensor(operation, "input").shape[1]
    groups = operation.args["groups"]
    assert isinstance(groups, int)
    return operation.outputs[0].numel * (size // groups) * math.prod(weight.shape[2:])


def _normalisation(operation: Operation) -> int:
    """2 per element, and 4 where it has a weight."""
    weighted = isinstance(operation.args.get("weight"), TensorSpec)
    return (4 if weighted else 2) * _tensor(operation, "input").numel


def _softmax(operation: Operation) -> int:
    """Exponentials, sums and quotients."""
    given, dim = _tensor(operation, "self"), operation.args["dim"]
    assert isinstance(dim, int)
    row = given.shape[dim]
    return given.numel // row * (3 * row - 1)


def _per_input(operation: Operation) -> int:
    return next(operation.tensors()).numel


def _per_output(weight: int) -> Callable[[Operation], int]:
    return lambda operation: weight * operation.outputs[0].numel


def _adaptive_average(operation: Operation) -> int:
    """Window and division per output; the window is a quotient of sizes, and may be a fraction."""
    given, out = _tensor(operation, "self").shape[2:], operation.outputs[0]
    window = math.prod(size / made for size, made in zip(given, out.shape[2:], strict=True))
    return int((window + 1) * out.numel)


def _tensor(operation: Operation, name: str) -> TensorSpec:
    found = operation.args[name]
    assert isinstance(found, TensorSpec)
    return found


@dataclass(frozen=True, slots=True)
class _Cell:
    """A kind of recurrent cell as thop takes it.

    Attributes:
        gates: rows of its weight matrices per hidden unit.
        more: per hidden unit and step, besides products, biases and one for each gate.
    """

    gates: int
    more: int

    def per_position(self, given: int, hidden: int, biases: int) -> int:
        """What one cell with so many biases for each gate takes for one step of one sequence."""
        per_gate = hidden * (given + hidden) + hidden + biases * hidden
        return self.gates * per_gate + self.more * hidden

    def layers(self, operation: Operation) -> int:
        """Layers over steps and sequences, all of them as long as the longest one."""
        args = operation.args
        first, *_ = tensors_in(args["params"])
        hidden, given = first.shape[0] // self.gates, first.shape[1]
        biases, directions = 2 * bool(args["has_biases"]), 1 + bool(args["bidirectional"])
        deeper = self.per_position(hidden * directions, hidden, biases)
        later = int(str(args["num_layers"])) - 1
        cells = self.per_position(given, hidden, biases) + later * deeper
        return cells * directions * _positions(operation)

    def single(self, operation: Operation) -> int:
        """One step of a batch."""
        given, weight = _tensor(operation, "input"), _tensor(operation, "w_ih")
        biases = 2 * isinstance(operation.args.get("b_ih"), TensorSpec)
        each = self.per_position(weight.shape[1], weight.shape[0] // self.gates, biases)
        return each * given.shape[0]


def _positions(operation: Operation) -> int:
    if operation.overload == "data":  # packed sequences
        state, *_ = tensors_in(operation.args["hx"])
        return _tensor(operation, "batch_sizes").shape[0] * state.shape[1]
    return math.prod(_tensor(operation, "input").shape[:2])


_LSTM, _GRU, _RNN = _Cell(4, 4), _Cell(3, 4), _Cell(1, 0)


def _of(*ops: str, count: Callable[[Operation], int], cause: Cause) -> dict[str, Rule]:
    return {f"aten.{op}": Rule(count, cause) for op in ops}


_NORM = _of(*("batch_norm", "layer_norm", "instance_norm"), count=_normalisation, cause=Cause.EXTRA)
_RESIZE = {
    **_of(*(f"upsample_nearest{n}d" for n in (1, 2, 3)), count=_per_output(1), cause=Cause.EXTRA),
    **_of("upsample_linear1d", count=_per_output(5), cause=Cause.EXTRA),
    **_of("upsample_bilinear2d", count=_per_output(11), cause=Cause.EXTRA),
    **_of("upsample_bicubic2d", count=_per_output(224 + 35), cause=Cause.EXTRA),
}
_DIMENSIONS = (1, 2, 3)

RULES: Mapping[str, Mapping[str, Rule]] = {
    **{f"Conv{n}d": _of(f"conv{n}d", count=_convolution, cause=Cause.LAYOUT) for n in _DIMENSIONS},
    **{
        f"ConvTranspose{n}d": _of(f"conv_transpose{n}d", count=_convolution, cause=Cause.TRANSPOSED)
        for n in _DIMENSIONS
    },
    **{f"{kind}Norm{n}d": _NORM for n in _DIMENSIONS for kind in ("Batch", "Instance")},
    **dict.fromkeys(("LayerNorm", "SyncBatchNorm"), _NORM),
    "PReLU": _of("prelu", count=_per_input, cause=Cause.EXTRA),
    "Softmax": _of("softmax", count=_softmax, cause=Cause.EXTRA),
    **{
        f"AvgPool{n}d": _of(f"avg_pool{n}d", count=_per_output(1), cause=Cause.EXTRA)
        for n in _DIMENSIONS
    },
    **{
        f"AdaptiveAvgPool{n}d": _of(
            f"adaptive_avg_pool{n}d", count=_adaptive_average, cause=Cause.EXTRA
        )
        for n in _DIMENSIONS
    },
    "Linear": _of("linear", count=_linear, cause=Cause.LAYOUT),
    **dict.fromkeys(("Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"), _RESIZE),
    "LSTM": _of("lstm", count=_LSTM.layers, cause=Cause.GATES),
    "GRU": _of("gru", count=_GRU.layers, cause=Cause.GATES),
    "RNN": _of("rnn_tanh", "rnn_relu", count=_RNN.layers, cause=Cause.GATES),
    "LSTMCell": _of("lstm_cell", count=_LSTM.single, cause=Cause.GATES),
    "GRUCell": _of("gru_cell", count=_GRU.single, cause=Cause.GATES),
    "RNNCell": _of("rnn_tanh_cell", "rnn_relu_cell", count=_RNN.single, cause=Cause.GATES),
}
"""By the name of a class of torch.nn, and by the operator that its forward pass is."""

WITHOUT_COST = frozenset(
    (
        *("Sequential", "ZeroPad2d", "PixelShuffle", "Dropout", "ReLU", "ReLU6", "LeakyReLU"),
        *(f"{kind}MaxPool{n}d" for n in _DIMENSIONS for kind in ("", "Adaptive")),
    )
)
"""Further kinds that thop hooks, and adds nothing for."""
