"""Every rule: of an operator that there is, with the arithmetic that is counted, and priced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
import torch

from flopscope.analysis.prediction.fitted import priors
from flopscope.analysis.prediction.laws import SHARED
from flopscope.analysis.prediction.lowering import (
    NEWEST,
    RULES,
    kernels_of,
    load_families,
    lowered,
)
from flopscope.costs import cost_of
from flopscope.records import Argument, Operation, TensorSpec
from tests.unit.analysis.prediction.lowering.operations import (
    attention,
    channels_last,
    convolution,
    half,
    kinds,
    linear,
    matmul,
    permuted,
)
from tests.unit.costs.operations import operation, spec

load_families()

IMAGES = half(4, 16, 8, 8)
CHANNEL = half(16)
INDICES = spec(4, 16, 8, 8, dtype="int64")

ANYTHING: Mapping[str, Argument] = {
    "self": IMAGES,
    "input": IMAGES,
    "weight": CHANNEL,
    "bias": CHANNEL,
    "running_mean": CHANNEL,
    "running_var": CHANNEL,
    "indices": INDICES,
    "index": INDICES,
    "source": IMAGES,
    "src": IMAGES,
    "values": IMAGES,
    "normalized_shape": (8,),
    "num_groups": 4,
    "group": 4,
    "N": 4,
    "C": 16,
    "HxW": 64,
    "dim": 1,
    "k": 2,
    "kernel_size": (2, 2),
    "training": False,
    "use_input_stats": True,
}
"""Arguments for every rule that looks at no more than which tensors there are."""

LISTS: Mapping[str, Mapping[str, Argument]] = {
    "aten.index": {"indices": (INDICES,)},
    "aten.index_put": {"indices": (INDICES,)},
}

CONVOLUTIONS = {
    "pointwise convolution": ((16, 16, 1, 1), 1),
    "convolution": ((16, 16, 3, 3), 1),
    "wide convolution": ((16, 16, 16, 16), 1),
    "grouped": ((16, 4, 3, 3), 4),
    "depthwise": ((16, 1, 3, 3), 16),
    "depthwise large": ((16, 1, 7, 7), 16),
    "depthwise wide": ((16, 1, 9, 9), 16),
}


def transposed(op: str, ndim: int, **more: Argument) -> Operation:
    sides = (8,) * ndim
    return operation(
        *(op, half(4, 12, *(16,) * ndim)),
        input=half(4, 16, *sides),
        weight=half(16, 12, *(2,) * ndim),
        bias=None,
        stride=(2,) * ndim,
        padding=(0,) * ndim,
        output_padding=(0,) * ndim,
        groups=1,
        dilation=(1,) * ndim,
        **more,
    )


def products() -> Iterator[Operation]:
    """Operators with rules of their own that multiply."""
    yield linear(half(4, 16), 8)
    yield linear(permuted(half(4, 16, 8), 0, 2, 1), 8)
    yield matmul(half(4, 12, 16, 8), permuted(half(4, 8, 12, 16), 0, 2, 1, 3))
    yield operation("mm", half(4, 8), self=half(4, 16), mat2=half(16, 8))
    yield operation("bmm", half(2, 4, 8), self=half(2, 4, 16), mat2=half(2, 16, 8))
    yield operation("addmm", half(4, 8), self=half(8), mat1=half(4, 16), mat2=half(16, 8))
    batches = {"batch1": half(2, 4, 16), "batch2": half(2, 16, 8)}
    yield operation("baddbmm", half(2, 4, 8), self=half(2, 4, 8), **batches)
    yield operation("addbmm", half(4, 8), self=half(4, 8), **batches)
    pair = (half(4, 16, 8), half(4, 8, 12))
    yield operation("einsum", half(4, 16, 12), equation="bij,bjk->bik", tensors=pair, path=None)
    yield attention(half(4, 12, 16, 8))
    yield attention(half(4, 12, 16, 8), mask=half(16, 16))
    yield attention(half(4, 2, 12, 16, 8), mask=half(16, 16))
    for filters, groups in CONVOLUTIONS.values():
        yield convolution(IMAGES, filters, groups, bias=True)
        yield convolution(channels_last(*IMAGES.shape), filters, groups, is_last=True)
    yield convolution(half(4, 16, 8), (8, 16, 3))
    yield convolution(half(4, 16, 8, 8, 8), (8, 16, 3, 3, 3))
    yield from (transposed(f"conv_transpose{ndim}d", ndim) for ndim in (1, 2, 3))
    yield transposed("convolution", 2, transposed=True)


PRODUCTS = tuple(products())
OTHERS = tuple(
    operation(op, IMAGES, **ANYTHING | LISTS.get(op, {}))
    for op in sorted(RULES.keys() - {each.op for each in PRODUCTS})
)
WITHOUT_RULES = (
    operation("relu", IMAGES, ["pointwise"], self=IMAGES),
    operation("add", IMAGES, ["pointwise"], self=IMAGES, other=CHANNEL),
    operation("mylib.scan", IMAGES, self=IMAGES),
)
ALL = (*PRODUCTS, *OTHERS, *WITHOUT_RULES)


@pytest.mark.parametrize("op", sorted(RULES))
def test_a_rule_is_of_an_operator_that_torch_has(op: str) -> None:
    """Those that only work in place have the name of what they would do otherwise."""
    name = op.removeprefix("aten.")

    assert hasattr(torch.ops.aten, name) or hasattr(torch.ops.aten, f"{name}_")


@pytest.mark.parametrize("made", PRODUCTS, ids=lambda made: made.op)
def test_kernels_do_the_arithmetic_that_is_counted(made: Operation) -> None:
    macs = cost_of(made)[1].macs

    assert macs > 0
    assert sum(kernel.macs for kernel in kernels_of(made)) == macs


@pytest.mark.parametrize("made", OTHERS, ids=lambda made: made.op)
def test_what_does_not_multiply_has_kernels_that_do_not(made: Operation) -> None:
    assert cost_of(made)[1].macs == 0
    assert all(kernel.macs == 0 for kernel in kernels_of(made))


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.op)
def test_a_kernel_can_be_divided_by_its_sizes_and_moves_what_it_scatters(made: Operation) -> None:
    for kernel in kernels_of(made):
        assert min(kernel.rows, kernel.columns, kernel.depth, kernel.products) > 0
        assert 0 <= kernel.scattered_nbytes <= kernel.nbytes
        assert kernel.padding >= 1


def test_every_kind_of_kernel_is_priced_and_every_price_is_of_a_kind_that_there_is() -> None:
    given = {kind for made in ALL for kind in kinds(made)}

    fused = {kind for kind in priors() if kind.startswith("fused")}  # by a compiler
    assert given == priors().keys() - {SHARED} - fused


@pytest.mark.parametrize(("kind", "filters"), CONVOLUTIONS.items())
def test_samples_of_convolutions_are_of_their_kinds(kind, filters) -> None:
    assert kinds(convolution(IMAGES, *filters))[0] == kind


def test_an_operator_without_a_rule_is_what_torch_calls_it() -> None:
    tagged = {
        tag: kinds(operation("novelty", IMAGES, [tag], self=IMAGES))
        for tag in ("pointwise", "reduction")
    }

    assert tagged == {"pointwise": ["pointwise"], "reduction": ["reduction"]}


def test_an_operator_that_only_moves_is_a_copy() -> None:
    assert kinds(operation("slice_copy", half(2, 16), self=half(4, 16), dim=0)) == ["copy"]


@pytest.mark.parametrize(("length", "kind"), [(2**3, "pointwise"), (2**12, "unknown")])
def test_an_operator_with_much_arithmetic_for_each_element_is_unknown(
    length: int, kind: str
) -> None:
    """A Fourier transform: 5 log2 N for each, which is 15 or 60, held against 16."""
    given = spec(4, length, dtype="complex64")

    assert kinds(operation("_fft_c2c", given, self=given, dim=(1,), normalization=0)) == [kind]


def test_an_operator_of_another_library_is_unknown() -> None:
    assert kinds(operation("mylib.scan", IMAGES, self=IMAGES)) == ["unknown"]


def test_two_rules_of_an_operator_are_refused() -> None:
    with pytest.raises(ValueError, match=r"aten\.linear already has a rule: linear"):
        lowered("aten.linear")(lambda made: ())


def test_so_are_two_rules_for_earlier_versions() -> None:
    op = "aten.scaled_dot_product_attention"
    with pytest.raises(ValueError, match=r"already has a rule before 2\.5: attention_in_its_type"):
        lowered(op, before=(2, 3))(lambda made: ())


FUSED, UNFUSED = ["rms norm"], ["cast", "pointwise", "reduction", "indexed pointwise", "cast"]


@pytest.mark.parametrize(
    ("torch", "expected"), [((2, 8), UNFUSED), ((2, 9), FUSED), ((2, 10), FUSED), (NEWEST, FUSED)]
)
def test_a_rule_for_earlier_versions_is_for_those_alone(torch, expected) -> None:
    made = operation("rms_norm", IMAGES, input=IMAGES, normalized_shape=(8,), weight=None)

    assert [each.kind for each in kernels_of(made, torch)] == expected


@pytest.mark.parametrize(
    ("operands", "kind"),
    [
        ({"self": IMAGES}, "pointwise"),
        ({"self": IMAGES, "other": IMAGES}, "pointwise"),
        ({"self": IMAGES, "other": half()}, "pointwise"),  # a number
        ({"self": IMAGES, "other": CHANNEL}, "indexed pointwise"),  # broadcast
        ({"self": IMAGES, "other": half(1)}, "indexed pointwise"),
        ({"self": IMAGES, "other": channels_last(*IMAGES.shape)}, "indexed pointwise"),
        ({"self": IMAGES, "other": spec(*IMAGES.shape)}, "indexed pointwise"),  # of float32
    ],
)
def test_elementwise_operators_are_told_apart_by_how_their_operands_lie(operands, kind) -> None:
    assert kinds(operation("add", IMAGES, ["pointwise"], **operands)) == [kind]


def test_nothing_is_done_for_results_without_elements() -> None:
    empty = TensorSpec((0, 16))

    assert kinds(operation("relu", empty, ["pointwise"], self=empty)) == []
