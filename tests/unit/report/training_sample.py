"""A training step written by hand, call by call: what its report shows can be checked on paper.

Four rows through a linear layer of 8 by 16 that is frozen, one of 16 by 4 with a bias, and their
sum; one step of SGD without momentum. The first layer is checkpointed.
"""

from __future__ import annotations

from flopscope.analysis.training import training_of
from flopscope.measurements import Environment
from flopscope.records import (
    Call,
    ModuleSpec,
    Operation,
    ParameterUse,
    Peak,
    Step,
    TensorSpec,
    Trace,
)
from flopscope.report import Report
from flopscope.tree import profile

ROWS, GIVEN, HIDDEN, OUT = 4, 8, 16, 4
FLOAT = 4

given, hidden, out = (TensorSpec((ROWS, size)) for size in (GIVEN, HIDDEN, OUT))
first, second = TensorSpec((GIVEN, HIDDEN)), TensorSpec((HIDDEN, OUT))
bias, number = TensorSpec((OUT,)), TensorSpec(())

FIRST = ParameterUse("first.weight", first.numel, first)
SECOND = ParameterUse("second.weight", second.numel, second)
BIAS = ParameterUse("second.bias", bias.numel, bias)


def product(left: TensorSpec, right: TensorSpec) -> Operation:
    made = TensorSpec((left.shape[0], right.shape[1]))
    return Operation("aten.mm", "default", {"self": left, "mat2": right}, (made,))


def pointwise(op: str, tensor: TensorSpec, **more: TensorSpec) -> Operation:
    return Operation(op, "default", {"self": tensor, **more}, (tensor,), frozenset({"pointwise"}))


def reduction(tensor: TensorSpec, made: TensorSpec) -> Operation:
    return Operation("aten.sum", "default", {"self": tensor}, (made,), frozenset({"reduction"}))


def calls() -> tuple[Call, ...]:
    forward = product(given, first)
    return (
        Call(forward, "first", (FIRST,)),
        Call(product(hidden, second), "second", (SECOND,)),
        Call(pointwise("aten.add", out, other=bias), "second", (BIAS,)),
        Call(reduction(out, number), ""),
        Call(reduction(out, bias), "second", (), "backward", 2),
        Call(forward, "first", (FIRST,), "recompute"),
        Call(product(TensorSpec((HIDDEN, ROWS)), out), "second", (), "backward", 1),
        Call(pointwise("aten.add_", second, other=second), "second", (SECOND,), "optimizer"),
        Call(pointwise("aten.add_", bias, other=bias), "second", (BIAS,), "optimizer"),
    )


def training_step() -> Report:
    """See above."""
    modules = (
        ModuleSpec("", "Sequential", 1, (number,), output_nbytes=FLOAT),
        ModuleSpec(
            *("first", "Linear", 1, (hidden,)),
            output_nbytes=FLOAT * hidden.numel,
            params=first.numel,
            param_nbytes=FLOAT * first.numel,
            peak_nbytes=FLOAT * (hidden.numel + out.numel),
        ),
        ModuleSpec(
            *("second", "Linear", 1, (out,)),
            output_nbytes=FLOAT * out.numel,
            params=second.numel + bias.numel,
            trainable_params=second.numel + bias.numel,
            param_nbytes=FLOAT * (second.numel + bias.numel),
            peak_nbytes=FLOAT * (hidden.numel + 2 * out.numel + second.numel + bias.numel),
        ),
    )
    trace = Trace(
        modules,
        calls(),
        inputs={"0": given},
        stream="training",
        peak=Peak(modules[2].peak_nbytes, "second", "aten.mm", "backward"),
        step=Step(
            optimizer="sgd",
            loss="the number that the model returns",
            saved_nbytes=FLOAT * number.numel,
            saved={"": FLOAT * number.numel},
            gradient_nbytes=FLOAT * (second.numel + bias.numel),
        ),
    )
    return Report(
        target="mypkg:frozen_first",
        inputs=(("0", given),),
        environment=Environment("0.1.0", "2.13.0", "3.12.3", "cpu"),
        profile=profile(trace),
        training=training_of(trace),
        notes=("the model is in training mode", "time was not measured, as asked"),
    )
