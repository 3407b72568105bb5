"""Norms and softmax: one pass over what lies in order."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.records import Operation, TensorSpec
from tests.unit.analysis.prediction.lowering.operations import (
    channels_last,
    half,
    kernel,
    kinds,
    permuted,
)
from tests.unit.costs.operations import operation

SCALE = half(64)


def normalised(given: TensorSpec, op: str = "layer_norm") -> Operation:
    out = TensorSpec(given.shape, given.dtype)
    if op == "softmax":
        return operation(op, out, self=given, dim=-1, dtype=None)
    if op == "group_norm":
        return operation(op, out, input=given, num_groups=8, weight=SCALE, bias=SCALE, eps=1e-5)
    arguments = {"input": given, "normalized_shape": (64,), "weight": SCALE, "eps": 1e-5}
    return operation(op, out, **arguments, **({"bias": SCALE} if op == "layer_norm" else {}))


@pytest.mark.parametrize("op", ["layer_norm", "rms_norm", "softmax"])
def test_what_lies_in_order_is_one_pass(op: str) -> None:
    given = half(4, 64, 8, 64)
    (found,) = kernels_of(normalised(given, op))

    assert found.kind == op.replace("_", " ")
    scales = {"layer_norm": 2, "rms_norm": 1, "softmax": 0}[op]
    assert found.nbytes == 2 * given.nbytes + scales * SCALE.nbytes
    assert found.scattered_nbytes == 0
    assert (found.elements, found.rows) == (given.numel, 4 * 64 * 8)


@pytest.mark.parametrize("op", ["layer_norm", "rms_norm", "softmax", "group_norm"])
def test_what_does_not_is_copied_and_then_read_in_order(op: str) -> None:
    given = permuted(half(4, 64, 8, 64), 0, 3, 2, 1)
    found = normalised(given, op)

    own = ["moments", "group norm"] if op == "group_norm" else [op.replace("_", " ")]
    assert kinds(found) == ["copy", *own]
    assert kernel(found, "copy").scattered_nbytes == given.nbytes
    assert all(kernel(found, kind).scattered_nbytes == 0 for kind in own)


def test_group_norm_reads_for_its_moments_and_once_more_to_apply_them() -> None:
    given = half(4, 64, 8, 64)
    found = normalised(given, "group_norm")

    moments = kernel(found, "moments")
    assert moments.nbytes == given.nbytes
    assert (moments.elements, moments.rows) == (given.numel, 4 * 8)  # eight groups of each sample
    assert kernel(found, "group norm").nbytes == 2 * given.nbytes


def test_a_softmax_of_a_tensor_without_dimensions_is_of_one_row() -> None:
    (found,) = kernels_of(normalised(half(), "softmax"))

    assert (found.elements, found.rows) == (1, 1)


def test_before_it_had_a_kernel_rms_norm_was_computed_step_by_step_in_float32() -> None:
    given = half(4, 64, 8, 64)
    found = kernels_of(normalised(given, "rms_norm"), (2, 8))

    assert [each.kind for each in found] == [
        *("cast", "pointwise", "reduction", "indexed pointwise", "cast"),
        "indexed pointwise",  # the weight
    ]
    assert found[0].nbytes == (2 + 4) * given.numel
    assert found[1].nbytes == (4 + 4) * given.numel


def test_batch_norm_takes_images_as_they_lie() -> None:
    images = channels_last(4, 64, 8, 8)
    found = operation(
        *("batch_norm", images),
        input=images,
        weight=SCALE,
        bias=SCALE,
        running_mean=SCALE,
        running_var=SCALE,
        training=False,
        momentum=0.1,
        eps=1e-5,
        cudnn_enabled=True,
    )

    assert kinds(found) == ["batch norm"]
    assert kernel(found, "batch norm").scattered_nbytes == 0
