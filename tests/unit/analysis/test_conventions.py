"""Another counter's total of a trace follows that counter's own rules, operator by operator."""

from __future__ import annotations

import pytest

from flopscope.analysis.conventions import CONVENTIONS, total
from flopscope.records import Argument, Call, ModuleSpec, Operation, TensorSpec, Trace

IMAGE = TensorSpec((2, 8, 10, 10))
WEIGHT = TensorSpec((8,))


def trace_of(*operations: Operation) -> Trace:
    return Trace((ModuleSpec("", "Model"),), tuple(map(Call, operations)))


def operation(op: str, out: TensorSpec, overload: str = "default", **args: Argument) -> Operation:
    return Operation(f"aten.{op}", overload, args, (out,))


def convolution(overload: str = "default", bias: TensorSpec | None = WEIGHT) -> Operation:
    weight = TensorSpec((8, 8, 3, 3))
    return operation("conv2d", IMAGE, overload, input=IMAGE, weight=weight, bias=bias)


MACS = 2 * 8 * 10 * 10 * (8 * 3 * 3)


def test_the_native_conventions_are_the_costs() -> None:
    traced = trace_of(convolution())
    bias = 2 * 8 * 10 * 10
    assert total(traced, "macs") == MACS
    assert total(traced, "two-per-mac") == 2 * MACS
    assert total(traced, "flops") == 2 * MACS + bias
    assert total(traced, "pycls") == MACS + bias


def test_a_convolution_without_a_bias_adds_none() -> None:
    assert total(trace_of(convolution(bias=None)), "pycls") == MACS


def test_a_trace_is_the_sum_of_its_calls() -> None:
    twice = trace_of(convolution(), convolution())
    assert all(
        total(twice, name) == 2 * total(trace_of(convolution()), name) for name in CONVENTIONS
    )


def test_there_is_no_total_in_an_unknown_convention() -> None:
    with pytest.raises(KeyError):
        total(trace_of(), "horsepower")


def test_fvcore_has_no_rule_for_padding_given_as_a_word() -> None:
    assert total(trace_of(convolution()), "fvcore") == MACS
    assert total(trace_of(convolution(overload="padding")), "fvcore") == 0


@pytest.mark.parametrize(("weight", "each"), [(WEIGHT, 5), (None, 4)])
@pytest.mark.parametrize("kind", ["layer_norm", "group_norm", "instance_norm"])
def test_fvcore_gives_normalisations_5_per_element_or_4_without_a_weight(
    kind: str, weight: TensorSpec | None, each: int
) -> None:
    others = {"normalized_shape": (10,), "num_groups": 2, "running_mean": None}
    normed = operation(
        kind, IMAGE, input=IMAGE, weight=weight, bias=None, use_input_stats=True, **others
    )
    assert total(trace_of(normed), "fvcore") == each * 2 * 8 * 10 * 10


@pytest.mark.parametrize(
    ("mode", "weight", "each"),
    [("eval", WEIGHT, 2), ("eval", None, 1), ("train", WEIGHT, 5), ("train", None, 4)],
)
def test_fvcore_folds_batch_norm_in_inference(
    mode: str, weight: TensorSpec | None, each: int
) -> None:
    training = mode == "train"
    normed = operation(
        "batch_norm", IMAGE, input=IMAGE, weight=weight, bias=weight, training=training
    )
    assert total(trace_of(normed), "fvcore") == each * 2 * 8 * 10 * 10


def test_fvcore_counts_pooling_by_inputs_and_resizing_by_outputs() -> None:
    pooled = operation("adaptive_avg_pool2d", TensorSpec((2, 8, 1, 1)), self=IMAGE)
    enlarged = TensorSpec((2, 8, 20, 20))
    assert total(trace_of(pooled), "fvcore") == 2 * 8 * 10 * 10
    for kind, each in (("nearest", 1), ("bilinear", 4)):
        resized = operation(f"upsample_{kind}2d", enlarged, self=IMAGE)
        assert total(trace_of(resized), "fvcore") == each * 2 * 8 * 20 * 20


def test_fvcore_does_not_see_into_fused_attention() -> None:
    heads = TensorSpec((1, 4, 16, 32))
    fused = operation("scaled_dot_product_attention", heads, query=heads, key=heads, value=heads)
    assert total(trace_of(fused), "macs") == 4 * 16 * 16 * (32 + 32)
    assert total(trace_of(fused), "fvcore") == 0


def test_fvcore_counts_a_product_with_a_broadcast_batch_once() -> None:
    first, second = TensorSpec((4, 5)), TensorSpec((3, 5, 6))
    product = operation("matmul", TensorSpec((3, 4, 6)), self=first, other=second)
    assert total(trace_of(product), "macs") == 3 * 4 * 6 * 5
    assert total(trace_of(product), "fvcore") == 4 * 5 * 6


def test_fvcore_rounds_einsum_to_the_four_digits_that_numpy_prints() -> None:
    first, second = TensorSpec((101, 101)), TensorSpec((101, 101))
    product = operation(
        "einsum", TensorSpec((101, 101)), equation="ab,bc->ac", tensors=(first, second)
    )
    assert total(trace_of(product), "macs") == 101**3 == 1_030_301
    assert total(trace_of(product), "fvcore") == 2_061_000 // 2
