"""Every operator of torch that a program can meet has a rule, but for those named here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from flopscope.costs import knows
from flopscope.trace.specs import op_name, schema_tags

UNCOUNTED = {
    # losses that are given as many labels as a row's values say, and their derivatives
    "multi_margin_loss_backward",
    "multilabel_margin_loss_backward",
    "multilabel_margin_loss_forward",
    # sparse and nested layouts whose work is in what they store
    "_cslt_sparse_mm_search",
    "_nested_tensor_softmax_with_shape",
    "_sparse_mm_reduce_impl_backward",
    "_sparse_semi_structured_apply",
    "_sparse_semi_structured_apply_dense",
    "_sparse_semi_structured_tile",
    "_spsolve",
    # iterations that values end
    "linalg_matrix_sqrth",
    "linalg_polar",
    # parts of histogramdd
    "_histogramdd_bin_edges",
    "_histogramdd_from_bin_cts",
    "_histogramdd_from_bin_tensors",
    # training: statistics of several processes, learned quantisation, forward-mode derivatives
    "_fake_quantize_learnable_per_channel_affine_backward",
    "_fake_quantize_learnable_per_tensor_affine_backward",
    "batch_norm_gather_stats",
    "batch_norm_gather_stats_with_counts",
    "cudnn_affine_grid_generator_backward",
    "glu_backward_jvp",
    "glu_jvp",
    # derivatives on one kind of device
    "lstm_mps_backward",
    "mps_convolution_backward",
    "mps_convolution_transpose_backward",
}
"""Shown as uncounted where they run."""

TORCHS_OWN_TESTS = ("_test_", "_foobar")


def computing_operators() -> Iterator[Any]:
    """The overloads that take or return tensors and are not made of other operators."""
    for full_name in torch._C._dispatch_get_all_op_names():
        namespace, _, name = full_name.partition("::")
        if namespace != "aten" or name.startswith(TORCHS_OWN_TESTS):
            continue
        base, _, overload = name.partition(".")
        operator = getattr(getattr(torch.ops.aten, base), overload or "default", None)
        if operator is not None and computes(operator):
            yield operator


def computes(operator: Any) -> bool:
    schema = operator._schema
    return (
        any("Tensor" in str(each.type) for each in (*schema.arguments, *schema.returns))
        and not any(argument.is_out for argument in schema.arguments)
        and not operator.is_view
        and not torch._C._dispatch_has_kernel_for_dispatch_key(
            operator.name(), "CompositeImplicitAutograd"
        )
    )


def test_every_operator_of_torch_is_counted_or_free_or_named_here() -> None:
    left_out = {
        op_name(operator).removeprefix("aten.")
        for operator in computing_operators()
        if not knows(op_name(operator), schema_tags(operator))
    }
    assert left_out <= UNCOUNTED
    newer = {"linalg_matrix_sqrth", "linalg_polar"}
    assert UNCOUNTED - left_out <= newer
