"""Counters that listen to torch's dispatcher meet products; some kernels hide theirs."""

from __future__ import annotations

import pytest

from flopscope.analysis.conventions import CONVENTIONS, total
from flopscope.analysis.conventions.dispatched import products_of
from flopscope.analysis.conventions.weighing import Cause
from flopscope.records import Argument, Call, ModuleSpec, Operation, TensorSpec, Trace

ROWS, FEATURES, UNITS = 5, 8, 6
HEAD = TensorSpec((2, 4, 16, 32))
GIVEN, BIAS = TensorSpec((ROWS, FEATURES)), TensorSpec((UNITS,))
SCORES = 2 * 4 * 16 * 16


def trace_of(*calls: Call) -> Trace:
    return Trace((ModuleSpec("", "Model"),), calls)


def operation(op: str, out: TensorSpec, overload: str = "default", **args: Argument) -> Operation:
    return Operation(f"aten.{op}", overload, args, (out,))


def linear(given: TensorSpec = GIVEN, bias: TensorSpec | None = BIAS) -> Operation:
    weight, out = TensorSpec((UNITS, FEATURES)), TensorSpec((*given.shape[:-1], UNITS))
    return operation("linear", out, input=given, weight=weight, bias=bias)


def attention(
    value: TensorSpec = HEAD, mask: TensorSpec | None = None, query: TensorSpec = HEAD
) -> Operation:
    args = {"query": query, "key": query, "value": value, "attn_mask": mask, "dropout_p": 0.0}
    return operation("scaled_dot_product_attention", value, **args)


def both(*calls: Call) -> tuple[int, int]:
    traced = trace_of(*calls)
    return total(traced, "torch"), total(traced, "ptflops")


MACS = ROWS * FEATURES * UNITS


def test_a_bias_counts_where_the_operator_that_multiplies_adds_it() -> None:
    strided = TensorSpec((ROWS, 3, FEATURES), strides=(FEATURES, ROWS * FEATURES, 1))
    assert both(Call(linear())) == (2 * MACS, MACS + ROWS * UNITS)
    assert both(Call(linear(bias=None))) == (2 * MACS, MACS)
    assert both(Call(linear(strided))) == (2 * 3 * MACS, 3 * MACS)


def test_a_convolution_counts_with_its_bias_over_outputs() -> None:
    image, out = TensorSpec((1, 3, 8, 8)), TensorSpec((1, 4, 6, 6))
    weight = TensorSpec((4, 3, 3, 3))
    convolved = operation("conv2d", out, input=image, weight=weight, bias=TensorSpec((4,)))
    macs = 4 * 6 * 6 * 3 * 3 * 3
    assert both(Call(convolved)) == (2 * macs, macs + 4 * 6 * 6)


@pytest.mark.parametrize("op", ["_trilinear", "mv", "dot", "addbmm", "_grouped_mm"])
def test_other_operators_have_no_formula(op: str) -> None:
    assert products_of(Call(Operation(f"aten.{op}", "default", {}, ()))) == 0


def test_a_product_with_a_vector_has_no_formula() -> None:
    matrix, vector = TensorSpec((5, 6)), TensorSpec((6,))
    product = operation("matmul", TensorSpec((5,)), self=matrix, other=vector)
    assert both(Call(product)) == (0, 0)
    (weighed,) = CONVENTIONS["torch"].weigh(trace_of(Call(product)))
    assert (weighed.cause, weighed.what) == (Cause.OPERATOR, "matmul")


def test_a_batch_of_sums_of_products_is_one_that_ptflops_does_not_know() -> None:
    left, right, out = TensorSpec((2, 4, 5)), TensorSpec((2, 5, 6)), TensorSpec((2, 4, 6))
    summed = operation("baddbmm", out, self=out, batch1=left, batch2=right, beta=1, alpha=1)
    assert both(Call(summed)) == (2 * 2 * 4 * 5 * 6, 0)


def test_fused_attention_is_lost_and_unfused_attention_is_two_products() -> None:
    assert both(Call(attention())) == (0, 0)
    narrow = TensorSpec((2, 4, 16, 8))
    assert both(Call(attention(value=narrow))) == (2 * SCORES * (32 + 8), SCORES * (32 + 8))


@pytest.mark.parametrize(
    ("mask", "learned", "is_fused"),
    [
        (TensorSpec((16, 16)), (), True),
        (TensorSpec((2, 1, 16, 16)), (), True),
        (TensorSpec((4, 16, 16)), (), False),  # neither two dimensions nor four
        (TensorSpec((16, 16)), (True, True, True, False), True),
        (TensorSpec((16, 16)), (False, False, False, True), False),  # it would need a gradient
    ],
)
def test_a_mask_decides_whether_attention_is_fused(
    mask: TensorSpec, learned: tuple[bool, ...], is_fused: object
) -> None:
    figure, _ = both(Call(attention(mask=mask), learned=learned))
    assert figure == (0 if is_fused else 2 * SCORES * 2 * 32)


def test_attention_over_five_dimensions_or_strided_heads_is_not_fused() -> None:
    five = TensorSpec((3, *HEAD.shape))
    strided = TensorSpec(HEAD.shape, strides=(2048, 512, 1, 16))
    assert both(Call(attention(five, query=five))) == (2 * 3 * SCORES * 64, 3 * SCORES * 64)
    assert both(Call(attention(query=strided))) == (2 * SCORES * 64, SCORES * 64)


def recurrent(op: str, gates: int, overload: str = "input", *, batch_first: bool = False) -> Call:
    shapes = (gates * UNITS, FEATURES), (gates * UNITS, UNITS), (gates * UNITS,), (gates * UNITS,)
    given = TensorSpec((3, 7, FEATURES) if overload == "input" else (21, FEATURES))
    args: dict[str, Argument] = {
        "input": given,
        "params": tuple(map(TensorSpec, shapes)),
        "has_biases": True,
        "num_layers": 1,
        "bidirectional": False,
        "hx": (TensorSpec((1, 7, UNITS)),),
        "dropout": 0.0,
        "train": False,
    }
    if overload == "input":
        args["batch_first"] = batch_first
    else:
        args = {"data": given, "batch_sizes": TensorSpec((3,), "int64"), **args}
        del args["input"]
    return Call(operation(op, TensorSpec((*given.shape[:-1], UNITS)), overload, **args))


def test_lstms_are_one_kernel_unless_they_are_packed_and_others_are_products() -> None:
    macs = 21 * 4 * UNITS * (FEATURES + UNITS)
    assert both(recurrent("lstm", 4)) == (0, 0)
    assert both(recurrent("lstm", 4, "data")) == (2 * macs, macs + 21 * 2 * 4 * UNITS)
    gru = 21 * 3 * UNITS * (FEATURES + UNITS)
    assert both(recurrent("gru", 3)) == (2 * gru, gru + 21 * 2 * 3 * UNITS)


def test_a_batch_in_front_has_the_first_bias_added_behind_the_product() -> None:
    gru = 21 * 3 * UNITS * (FEATURES + UNITS)
    assert both(recurrent("gru", 3, batch_first=True))[1] == gru + 21 * 3 * UNITS


def test_complex_products_are_one_and_complex_convolutions_three() -> None:
    matrix = TensorSpec((5, 5), "complex64")
    product = operation("mm", matrix, self=matrix, mat2=matrix)
    image = TensorSpec((1, 1, 5, 5), "complex64")
    weight = TensorSpec((1, 1, 5, 5), "complex64")
    out = TensorSpec((1, 1, 1, 1), "complex64")
    convolved = operation("conv2d", out, input=image, weight=weight, bias=None)
    assert total(trace_of(Call(product)), "torch") == 2 * 5 * 5 * 5
    assert total(trace_of(Call(convolved)), "torch") == 2 * 3 * 25


def test_ptflops_leaves_frozen_parameters_out() -> None:
    convention = CONVENTIONS["ptflops"]
    assert convention.params is not None
    frozen = ModuleSpec("", "Model", params=100, trainable_params=40)
    (weighed,) = convention.params(Trace((frozen,), ()))
    assert (weighed.figure, weighed.cause) == (40, Cause.FROZEN)
