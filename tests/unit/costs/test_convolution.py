from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.costs.operations import cost, spec

SIZE = st.integers(1, 20)


def conv(x: tuple[int, ...], w: tuple[int, ...], y: tuple[int, ...], **options: object) -> int:
    return cost("conv2d", spec(*y), input=spec(*x), weight=spec(*w), bias=None).macs


@given(batch=SIZE, into=SIZE, out=SIZE, height=SIZE, width=SIZE)
def test_a_1x1_convolution_is_a_matrix_product(
    batch: int, into: int, out: int, height: int, width: int
) -> None:
    pixels = batch * height * width
    product = cost("mm", spec(pixels, out), self=spec(pixels, into), mat2=spec(into, out))
    x, w, y = (batch, into, height, width), (out, into, 1, 1), (batch, out, height, width)
    assert conv(x, w, y) == product.macs


@given(groups=SIZE, size=SIZE, kernel=SIZE)
def test_grouping_a_convolution_divides_its_cost(groups: int, size: int, kernel: int) -> None:
    channels = 4 * groups
    x, y = (1, channels, size, size), (1, channels, size, size)
    dense = conv(x, (channels, channels, kernel, kernel), y)
    assert conv(x, (channels, channels // groups, kernel, kernel), y) * groups == dense


@given(batch=SIZE, into=SIZE, out=SIZE, small=SIZE, large=SIZE, kernel=SIZE)
def test_a_transposed_convolution_costs_what_the_convolution_that_it_undoes_does(
    batch: int, into: int, out: int, small: int, large: int, kernel: int
) -> None:
    image, code = (batch, into, large, large), (batch, out, small, small)
    filters = spec(out, into, kernel, kernel)
    back = cost("conv_transpose2d", spec(*image), input=spec(*code), weight=filters, bias=None)
    assert back.macs == conv(image, filters.shape, code)


def test_either_direction_is_counted_by_the_general_operator() -> None:
    image, code, filters = spec(2, 3, 9, 9), spec(2, 5, 4, 4), spec(5, 3, 2, 2)
    down = cost("convolution", code, input=image, weight=filters, transposed=False)
    up = cost("convolution", image, input=code, weight=filters, transposed=True)
    assert down.macs == up.macs == 2 * 5 * 4 * 4 * (3 * 2 * 2)


def gradients(groups: int, *mask: bool) -> int:
    return cost(
        "convolution_backward",
        (spec(1, 8, 6, 6), spec(8, 8 // groups, 3, 3), spec(8)),
        grad_output=spec(1, 8, 6, 6),
        input=spec(1, 8, 6, 6),
        weight=spec(8, 8 // groups, 3, 3),
        transposed=False,
        output_mask=mask,
    ).macs


def test_the_gradients_of_a_grouped_convolution_take_its_products_once_each() -> None:
    for groups in (1, 2, 8):
        forward = conv((1, 8, 6, 6), (8, 8 // groups, 3, 3), (1, 8, 6, 6))
        assert gradients(groups, True, True, True) == 2 * forward
        assert gradients(groups, True, False, True) == forward


def test_a_frozen_layer_on_a_frozen_input_has_no_gradient_to_take() -> None:
    assert gradients(2, False, False, False) == 0
