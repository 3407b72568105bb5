"""fvcore's convention: what its rules give for an operation, and nothing where it has none.

fvcore looks at the operators of ``torch.jit.trace``, which are those that a program calls, as in a
canonical trace. It counts a multiply-accumulate as one and adds rough figures per element for
normalisations, resizing and adaptive pooling (fvcore 0.1.5, ``fvcore/nn/jit_handles.py`` and
``flop_count.py``). It has no rule for fused attention, ``baddbmm``, ``mv``, recurrent layers and
for convolutions whose padding is given as a word, which are traced as ``_convolution_mode``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flopscope.analysis.conventions.fast_path import FUSED, fused_attention
from flopscope.analysis.conventions.fvcore_einsum import einsum
from flopscope.analysis.conventions.weighing import (
    Cause,
    Weighed,
    by_operation,
    is_complex,
    macs_of,
    short,
)
from flopscope.records import Argument, Operation, TensorSpec, Trace


def weigh(trace: Trace) -> Iterator[Weighed]:
    """fvcore's "flops" of every call, with gradients enabled, as they are unless one sees to it."""
    fused = fused_attention(trace, gradients=True)
    for call, weighed in zip(trace.calls, by_operation(_of_operation)(trace), strict=True):
        if call.scope in fused and macs_of(call.operation):
            yield Weighed(0, Cause.OPERATOR, FUSED)
        elif weighed.figure and call.part_of and call.part_of not in _KNOWN_WHOLE:
            yield Weighed(0, Cause.OPERATOR, call.part_of.removeprefix("aten."))
        elif weighed.figure and not call.is_used:
            yield Weighed(0, Cause.UNUSED, short(call.operation))
        else:
            yield weighed


def _of_operation(operation: Operation) -> Weighed:
    found, rule = macs_of(operation), _RULES.get(operation.op)
    figure = rule(operation) if rule else 0
    if figure == found:
        return Weighed(figure)
    return Weighed(figure, _cause(operation, found, figure), short(operation))


def _cause(operation: Operation, macs: int, figure: int) -> Cause:
    if not macs:
        return Cause.EXTRA
    if not figure:
        return Cause.OPERATOR
    if is_complex(operation):
        return Cause.COMPLEX
    return Cause.ROUNDED if operation.op == "aten.einsum" else Cause.BROADCAST


def _products(operation: Operation) -> int:
    """Multiply-accumulates of whatever kind of numbers."""
    return macs_of(operation) // (4 if is_complex(operation) else 1)


def _convolution(operation: Operation) -> int:
    """A complex one is traced as three of real numbers."""
    if operation.overload == "padding":
        return 0
    return _products(operation) * (3 if is_complex(operation) else 1)


def _matmul(operation: Operation) -> int:
    """Elements of the first operand times columns of the second: a broadcast batch is missed."""
    first, second = operation.tensors()
    return first.numel * second.shape[-1]


def _normalisation(operation: Operation) -> int:
    """4 per element, 5 with a weight."""
    return _input(operation).numel * (4 + _is_tensor(operation.args.get("weight")))


def _batch_norm(operation: Operation) -> int:
    """As any normalisation in training; 1 per element in inference, 2 with a weight."""
    if operation.args["training"]:
        return _normalisation(operation)
    return _input(operation).numel * (1 + _is_tensor(operation.args.get("weight")))


def _per_input(operation: Operation) -> int:
    return _input(operation).numel


def _per_output(weight: int) -> Callable[[Operation], int]:
    return lambda operation: weight * operation.outputs[0].numel


def _input(operation: Operation) -> TensorSpec:
    return next(operation.tensors())


def _is_tensor(argument: Argument) -> bool:
    return isinstance(argument, TensorSpec)


_CELLS = ("lstm", "gru", "rnn_tanh", "rnn_relu")

_RULES: Mapping[str, Callable[[Operation], int]] = {
    **dict.fromkeys(("aten.linear", "aten.addmm", "aten.bmm"), _products),
    **dict.fromkeys(("aten.matmul", "aten.mm"), _matmul),
    **dict.fromkeys((f"aten.{cell}_cell" for cell in _CELLS), _products),  # traced as their parts
    "aten.einsum": einsum,
    **{f"aten.conv{rank}d": _convolution for rank in (1, 2, 3)},
    **{f"aten.conv_transpose{rank}d": _convolution for rank in (1, 2, 3)},
    **dict.fromkeys(("aten.convolution", "aten._convolution"), _convolution),
    "aten.batch_norm": _batch_norm,
    **{f"aten.{kind}_norm": _normalisation for kind in ("layer", "group", "instance")},
    "aten.adaptive_avg_pool2d": _per_input,
    "aten.upsample_nearest2d": _per_output(1),
    "aten.upsample_bilinear2d": _per_output(4),
    **{f"aten.grid_sampler_{rank}d": _per_output(4) for rank in (2, 3)},
}

_KNOWN_WHOLE = frozenset({"aten.linalg_matmul", "aten.grid_sampler"})
"""Operators that are taken apart in a trace, and for which fvcore has a rule by this name or by the
name that torch.jit gives them."""
