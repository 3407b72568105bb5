"""Memory that an operator takes while it runs, beside its arguments and its results.

It is that of a CPU, whose operators a traced training step is made of, as measured with torch's
profiler (torch 2.13 and 2.14). The operators of a forward pass alone are those of any device, so
nothing is taken for its ``conv2d``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flopscope.records import Operation
from flopscope.trace.scratch.convolution import convolution, convolution_backward
from flopscope.trace.scratch.recurrent import lstm_backward, lstm_forward


def scratch_nbytes(operation: Operation) -> int:
    """Bytes of it, of the operators that are known to take more than a little."""
    known = _SCRATCH.get(operation.op)
    return known(operation) if known else 0


_SCRATCH: Mapping[str, Callable[[Operation], int]] = {
    "aten.convolution": convolution,
    "aten.convolution_backward": convolution_backward,
    "aten.mkldnn_rnn_layer": lstm_forward,
    "aten.mkldnn_rnn_layer_backward": lstm_backward,
}
