"""ptflops' convention with its aten backend: MACs of mm, addmm, bmm and convolutions, and biases.

It looks at the operators that torch dispatches, as ``torch.utils.flop_counter`` does, with fewer
formulas; a bias is one for every output where the operator itself adds it (ptflops 0.7.5,
``ptflops/aten_ops.py`` and ``aten_engine.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from flopscope.analysis.conventions.dispatched import fused_in, products_of
from flopscope.analysis.conventions.weighing import Cause, Weighed, is_complex, macs_of, short
from flopscope.records import Call, Operation, TensorSpec, Trace, tensors_in


def weigh(trace: Trace) -> Iterator[Weighed]:
    """ptflops' MACs of every call, on a CPU and with gradients enabled."""
    # It hooks the modules right inside the model, to tell their figures apart.
    fused = fused_in(
        trace, [spec.scope for spec in trace.modules if spec.scope and "." not in spec.scope]
    )
    for call in trace.calls:
        if call.scope in fused and macs_of(call.operation):
            yield Weighed(0, Cause.OPERATOR, fused[call.scope])
        else:
            yield _weighed(call)


def params(trace: Trace) -> Iterator[Weighed]:
    """The parameters that are trained."""
    for spec in trace.modules:
        yield Weighed(spec.trainable_params, Cause.FROZEN, spec.kind)


def _weighed(call: Call) -> Weighed:
    operation = call.operation
    products = 0 if operation.op == "aten.baddbmm" else products_of(call)
    figure = products + (_biases(operation) if products else 0)
    if figure == macs_of(operation):
        return Weighed(figure)
    if not products:
        return Weighed(0, Cause.OPERATOR, short(operation))
    return Weighed(figure, Cause.COMPLEX if is_complex(operation) else Cause.BIAS, short(operation))


def _biases(operation: Operation) -> int:
    """What is added by the operators that multiply, and not behind them."""
    if operation.op == "aten.addmm":
        return operation.outputs[0].numel
    if operation.op.removesuffix("_cell") != operation.op:
        return sum(_rows(operation) * bias.numel for bias in _vectors(operation, ("b_ih", "b_hh")))
    if "params" in operation.args:
        return _of_layers(operation)
    bias = operation.args.get("bias")
    if not isinstance(bias, TensorSpec):
        return 0
    is_added_behind = operation.op == "aten.linear" and _is_strided(operation)
    return 0 if is_added_behind else operation.outputs[0].numel


def _of_layers(operation: Operation) -> int:
    """Those of a recurrent layer: a batch in front is strided, and its first bias added behind."""
    biases = [spec for spec in tensors_in(operation.args["params"]) if spec.ndim == 1]
    given = next(operation.tensors())
    is_packed = operation.overload == "data"
    positions = given.shape[0] if is_packed else math.prod(given.shape[:2])
    is_turned = bool(operation.args.get("batch_first")) and 1 not in given.shape[:2]
    ways = 1 + bool(operation.args["bidirectional"])
    behind = sum(bias.numel for bias in biases[: 2 * ways : 2]) if is_turned else 0
    return positions * (sum(bias.numel for bias in biases) - behind)


def _rows(operation: Operation) -> int:
    return operation.outputs[0].shape[0]


def _vectors(operation: Operation, names: tuple[str, ...]) -> Iterator[TensorSpec]:
    for name in names:
        yield from tensors_in(operation.args.get(name))


def _is_strided(operation: Operation) -> bool:
    """Whether a linear layer's input has more than two dimensions and is not contiguous."""
    given = next(operation.tensors())
    return given.ndim > 2 and given.strides is not None
