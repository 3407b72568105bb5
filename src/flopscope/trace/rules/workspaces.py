"""Memory that an operator hands from its forward to its backward pass, beside its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import rule
from flopscope.trace.scratch.recurrent import padded
from flopscope.trace.specs import arguments_by_name
from flopscope.trace.unknown import META, key_of

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation

_PAGE = 4096
_FLOAT = 4
_GATES = 4


@rule("mkldnn_rnn_layer")
def lstm_layer(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """A layer of an LSTM on a CPU, which in training also returns a workspace of oneDNN's."""
    bound = arguments_by_name(func, args, kwargs)
    if not (bound["train"] and mode.any_unknown(*args)):
        return mode.evaluate(func, args, kwargs)
    steps, batch, given = bound["input"].shape
    hidden, dtype = bound["hidden_size"], bound["input"].dtype
    state = bound["hx_"].shape
    nbytes = lstm_workspace_nbytes(steps, batch, given, hidden)
    made = (
        torch.empty(steps, batch, hidden, dtype=dtype, device=META),
        torch.empty(state, dtype=dtype, device=META),
        torch.empty(state, dtype=dtype, device=META),
        torch.empty(nbytes, dtype=torch.uint8, device=META),
    )
    returned = tuple(mode.make_unknown(key_of(tensor)) for tensor in made)
    mode.record_result(func, args, kwargs, returned)
    return returned


def lstm_workspace_nbytes(steps: int, batch: int, given: int, hidden: int) -> int:
    """Bytes of oneDNN's workspace for one layer and direction of an LSTM in float32.

    Seven parts, each in whole pages: the gates, the states of the layer and of the steps with the
    gradients of the former as wide as the wider of input and state, two more as wide as the state,
    and one for each step alone (measured on oneDNN as in torch 2.13 and 2.14; its
    ``rnn_utils::set_workspace_sizes`` lists them). Rows are padded.
    """
    cells, states = steps * batch, 2 * (steps + 1) * batch
    wide = _pages(states * padded(max(given, hidden)))
    return (
        _pages(cells * padded(_GATES * hidden))
        + 3 * wide
        + 2 * _pages(states * hidden)
        + _pages(cells * padded(hidden))
    )


def _pages(elements: int) -> int:
    return -(-elements * _FLOAT // _PAGE) * _PAGE
