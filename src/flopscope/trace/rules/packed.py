"""Packed sequences: as many steps as the lengths say where those are known, else all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from flopscope.trace.rules.table import RULES, overloads, rule
from flopscope.trace.specs import arguments_by_name, op_name

if TYPE_CHECKING:
    from flopscope.trace.evaluate import PartialEvaluation


@rule("_pack_padded_sequence")
def pack(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """One feature is packed for real, which gives the number of steps and the rows of each."""
    padded, lengths, batch_first = args
    if mode.is_unknown(lengths):
        steps = mode.assumed_count("lengths", padded.shape[1 if batch_first else 0])
        mode.assume("lengths", op_name(func), f"every sequence has {steps} steps")
        lengths = torch.full(lengths.shape, max(steps, 1), dtype=torch.int64)
    mode.consume(lengths)
    one_feature = torch.zeros(*padded.shape[:2], 1)
    data, batch_sizes = func(one_feature, mode.knowledge.own(lengths), batch_first)
    packed = _unknown(mode, (data.shape[0], *padded.shape[2:]), padded.dtype)
    mode.record_result(func, args, kwargs, (packed, batch_sizes))
    return packed, batch_sizes


@rule("_pad_packed_sequence")
def pad(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """The other way round."""
    packed, batch_sizes, *options = args
    one_feature = torch.zeros(packed.shape[0], 1)
    data, lengths = func(one_feature, batch_sizes, *options)
    padded = _unknown(mode, (*data.shape[:2], *packed.shape[1:]), packed.dtype)
    mode.record_result(func, args, kwargs, (padded, lengths))
    return padded, lengths


def recurrent(
    mode: PartialEvaluation, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """A recurrent layer on packed data: a row of states for every row, and the last states."""
    bound = arguments_by_name(func, args, kwargs)
    states = bound["hx"] if isinstance(bound["hx"], (list, tuple)) else [bound["hx"]]
    directions = 2 if bound["bidirectional"] else 1
    shape = (bound["data"].shape[0], directions * states[0].shape[-1])
    output = _unknown(mode, shape, bound["data"].dtype)
    last = [_unknown(mode, tuple(state.shape), state.dtype) for state in states]
    mode.record_result(func, args, kwargs, (output, *last))
    return (output, *last)


RULES.update(
    {
        overload: recurrent
        for overload in overloads("lstm", "gru", "rnn_tanh", "rnn_relu")
        if overload._overloadname == "data"
    }
)


def _unknown(mode: PartialEvaluation, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    contiguous = torch.empty(shape, dtype=dtype, device="meta")
    return mode.make_unknown((contiguous.shape, contiguous.stride(), dtype))
