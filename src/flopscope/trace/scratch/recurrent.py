"""What oneDNN takes inside a layer of an LSTM on a CPU."""

from __future__ import annotations

from flopscope.records import Operation, TensorSpec

_FLOAT = 4
_GATES = 4
_LINE = 64 // _FLOAT


def padded(row: int) -> int:
    """Elements of a row as oneDNN lays it out (its ``rnn_utils::get_good_ld``).

    Whole cache lines, and one more where rows would lie too evenly.
    """
    row = -(-row // _LINE) * _LINE
    return row + _LINE if row % 256 == 0 else row


def lstm_forward(operation: Operation) -> int:
    """oneDNN's copies of both weights in its own layout, and the gates of all steps."""
    return _copied_weights(operation, "weight0") + _gates(operation)


def lstm_backward(operation: Operation) -> int:
    """The same, and a second copy of each weight, transposed."""
    rows, columns = _weight(operation, "weight1").shape
    transposed = 2 * rows * padded(columns) * _FLOAT
    return _copied_weights(operation, "weight1") + transposed + _gates(operation)


def _copied_weights(operation: Operation, name: str) -> int:
    rows, given = _weight(operation, name).shape
    return (given + rows // _GATES) * padded(rows) * _FLOAT


def _gates(operation: Operation) -> int:
    steps, batch, _ = _weight(operation, "input").shape
    hidden = operation.args["hidden_size"]
    assert isinstance(hidden, int)
    return steps * batch * padded(_GATES * hidden) * _FLOAT


def _weight(operation: Operation, name: str) -> TensorSpec:
    found = operation.args[name]
    assert isinstance(found, TensorSpec)
    return found
