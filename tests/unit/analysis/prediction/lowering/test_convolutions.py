"""Convolutions: which kernels, by layout, type and window."""

from __future__ import annotations

import pytest

from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.lowering.operations import (
    channels_last,
    convolution,
    half,
    kernel,
    kinds,
)
from tests.unit.costs.operations import operation

FIRST = half(4, 64, 28, 28)
LAST = channels_last(4, 64, 28, 28)
FLOATS = TensorSpec((4, 64, 28, 28))


def test_halves_with_channels_first_are_turned_to_channels_last_and_back() -> None:
    found = convolution(FIRST, (128, 64, 3, 3))

    assert kinds(found) == ["convolution", "transpose convolution"]
    images = 2 * 4 * 28 * 28 * (64 + 128)
    assert kernel(found, "transpose convolution").nbytes == 2 * images
    assert kernel(found, "convolution").nbytes == images + 2 * 128 * 64 * 9


def test_halves_with_channels_last_are_not_turned() -> None:
    assert kinds(convolution(LAST, (128, 64, 3, 3), is_last=True)) == ["convolution last"]


def test_a_convolution_is_a_product_over_output_positions() -> None:
    found = kernel(convolution(LAST, (128, 64, 3, 3), is_last=True), "convolution last")

    assert (found.rows, found.columns, found.depth) == (4 * 28 * 28, 128, 64 * 9)
    assert found.macs == 4 * 28 * 28 * 128 * 64 * 9
    assert (found.products, found.padding, found.is_misaligned) == (1, 1, 0)


def test_floats_run_in_tf32_and_are_not_turned() -> None:
    (found,) = kernels_of(convolution(FLOATS, (128, 64, 3, 3)))

    assert (found.kind, found.dtype) == ("convolution", "tf32")


def test_a_bias_is_a_pass_of_its_own_over_the_result() -> None:
    found = convolution(LAST, (128, 64, 3, 3), bias=True, is_last=True)

    assert kinds(found) == ["convolution last", "bias"]
    assert kernel(found, "bias").nbytes == 2 * (2 * 4 * 128 * 28 * 28)


@pytest.mark.parametrize(
    ("filters", "groups", "kind"),
    [
        ((64, 64, 1, 1), 1, "pointwise convolution"),
        ((64, 64, 7, 7), 1, "convolution"),
        ((64, 64, 9, 9), 1, "wide convolution"),
        ((64, 64, 1, 9), 1, "wide convolution"),
        ((64, 16, 3, 3), 4, "grouped"),
        ((64, 1, 5, 5), 64, "depthwise"),
        ((64, 1, 7, 7), 64, "depthwise large"),
        ((64, 1, 9, 9), 64, "depthwise wide"),
    ],
)
def test_the_kind_is_by_window_and_groups(filters: tuple[int, ...], groups: int, kind: str) -> None:
    turned = [] if kind.startswith("depthwise") else [f"transpose {kind}"]

    assert kinds(convolution(FIRST, filters, groups)) == [kind, *turned]
    assert kinds(convolution(LAST, filters, groups, is_last=True)) == [f"{kind} last"]


def test_groups_are_products_of_their_own_channels() -> None:
    found = kernel(convolution(FIRST, (64, 16, 3, 3), 4), "grouped")

    assert (found.products, found.columns, found.depth) == (4, 16, 16 * 9)


@pytest.mark.parametrize(("channels", "padding"), [(3, 8 / 3), (8, 1), (12, 16 / 12), (1, 1)])
def test_channels_of_halves_are_padded_to_whole_groups_of_eight(
    channels: int, padding: float
) -> None:
    given = half(4, channels, 28, 28)

    assert kernel(convolution(given, (64, channels, 3, 3)), "convolution").padding == padding


def test_channels_of_floats_are_not_padded() -> None:
    found = convolution(TensorSpec((4, 3, 28, 28)), (64, 3, 3, 3))

    assert kernel(found, "convolution").padding == 1


@pytest.mark.parametrize(("features", "is_misaligned"), [(64, 0), (60, 1)])
def test_results_in_no_whole_groups_are_misaligned(features: int, is_misaligned: int) -> None:
    found = convolution(FIRST, (features, 64, 3, 3))

    assert kernel(found, "convolution").is_misaligned == is_misaligned


@pytest.mark.parametrize(
    ("given", "window", "added"),
    [
        (FIRST, 5, ["bias"]),  # cuDNN's
        (FIRST, 7, []),
        (FLOATS, 3, []),
        (LAST, 7, ["bias"]),  # cuDNN's
    ],
)
def test_depthwise_kernels_of_torch_add_the_bias_themselves(
    given: TensorSpec, window: int, added: list[str]
) -> None:
    filters = (64, 1, window, window)
    found = convolution(given, filters, 64, bias=True, is_last=given is LAST)

    assert kinds(found)[1:] == added


def test_depthwise_convolutions_in_three_dimensions_are_torchs_own_and_channels_first() -> None:
    """``conv_depthwise3d`` in ATen/native/Convolution.cpp, of a contiguous input."""
    given = channels_last(2, 64, 8, 8, 8)

    assert kinds(convolution(given, (64, 1, 3, 3, 3), 64, bias=True)) == ["copy", "depthwise"]
    (found,) = kernels_of(convolution(half(2, 64, 8, 8, 8), (64, 1, 3, 3, 3), 64, bias=True))
    assert found.kind == "depthwise"


def test_one_dimensional_convolutions_copy_a_permuted_input_and_run_channels_first() -> None:
    found = convolution(channels_last(4, 64, 100), (128, 64, 3))

    assert kinds(found) == ["copy", "convolution", "transpose convolution"]


def test_part_of_the_channels_is_copied_first() -> None:
    first = TensorSpec((4, 64, 28, 28), "float16", (2 * 64 * 28 * 28, 28 * 28, 28, 1))
    last = TensorSpec((4, 64, 28, 28), "float16", (2 * 64 * 28 * 28, 1, 2 * 64 * 28, 2 * 64))

    assert kinds(convolution(first, (128, 64, 3, 3)))[0] == "copy"
    found = convolution(last, (128, 64, 3, 3), is_last=True)
    assert kinds(found) == ["copy", "convolution last"]
    assert kernel(found, "copy").scattered_nbytes == 0  # 64 channels lie side by side


def test_a_weight_with_channels_last_turns_images_that_have_them_first() -> None:
    found = operation(
        *("conv2d", channels_last(4, 128, 28, 28)),
        input=FIRST,
        weight=channels_last(128, 64, 3, 3),
        bias=None,
        stride=(1, 1),
        padding=(1, 1),
        dilation=(1, 1),
        groups=1,
    )

    assert kinds(found) == ["copy", "convolution last"]
    assert kernel(found, "copy").scattered_nbytes == FIRST.nbytes


def test_an_image_without_a_batch_is_a_batch_of_one() -> None:
    alone = convolution(half(64, 28, 28), (128, 64, 3, 3))
    batch = convolution(half(1, 64, 28, 28), (128, 64, 3, 3))

    assert kernels_of(alone) == kernels_of(batch)


def test_a_transposed_convolution_of_each_channel_is_one_in_groups() -> None:
    found = operation(
        *("conv_transpose2d", half(4, 64, 56, 56)),
        input=FIRST,
        weight=half(64, 1, 2, 2),
        bias=None,
        stride=(2, 2),
        padding=(0, 0),
        output_padding=(0, 0),
        groups=64,
        dilation=(1, 1),
    )

    assert kinds(found)[0] == "grouped"
    assert kernel(found, "grouped").macs == 4 * 64 * 28 * 28 * 2 * 2


def test_a_weight_of_one_channel_tells_by_its_result_that_channels_are_last() -> None:
    """As in ``model.to(memory_format=torch.channels_last)``, whose weights say so only to cuDNN."""
    found = convolution(half(2, 64, 8, 8), (64, 1, 3, 3), 64, is_last=True)

    assert kinds(found) == ["copy", "depthwise last"]
    assert kernel(found, "copy").scattered_nbytes == 2 * 2 * 64 * 8 * 8
