"""How tensors lie in memory, by the strides that torch would give them."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.analysis.prediction.layout import (
    channels_inside,
    dense_nbytes,
    expanded,
    has_channels_last,
    innermost,
    merges,
    misaligned,
    out_of_order_nbytes,
    run_length,
    steps,
    tile_waste,
    transposed,
)
from flopscope.records import TensorSpec
from tests.unit.analysis.prediction.lowering.operations import channels_last, half, permuted

UNHURRIED = settings(deadline=None)  # which a first example, that loads things, would miss
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def spec_of(tensor: torch.Tensor) -> TensorSpec:
    strides = None if tensor.is_contiguous() else tensor.stride()
    return TensorSpec(tuple(tensor.shape), "float32", strides)


@st.composite
def views(draw: st.DrawFn) -> torch.Tensor:
    """Permuted and partly broadcast tensors."""
    tensor = torch.arange(math.prod(shape := draw(SHAPES))).reshape(shape)
    tensor = tensor.permute(draw(st.permutations(range(tensor.ndim))))
    is_sliced = draw(st.booleans())
    tensor = tensor[..., : max(1, tensor.shape[-1] - 1)] if is_sliced else tensor
    sides = [draw(st.integers(1, 3)) if side == 1 else side for side in tensor.shape]
    return tensor.expand(sides)


@UNHURRIED
@given(views(), st.integers(0, 4))
def test_dimensions_merge_where_torch_can_view_them_as_one(tensor: torch.Tensor, dims: int) -> None:
    dims = min(dims, tensor.ndim)
    merged = (math.prod(tensor.shape[:dims]), *tensor.shape[dims:])
    try:
        tensor.view(merged)
        is_view = True
    except RuntimeError:
        is_view = False

    assert merges(spec_of(tensor), dims) is is_view


@UNHURRIED
@given(views())
def test_elements_side_by_side_are_counted_from_the_last_dimension(tensor: torch.Tensor) -> None:
    """Where a tensor is visited in order, they are the first places in memory, one by one."""
    places = torch.arange(
        1
        + sum(
            (size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True)
        )
    )
    visited = places.as_strided(tensor.shape, tensor.stride()).flatten().tolist()
    run = run_length(spec_of(tensor))

    assert visited[:run] == list(range(run))
    assert (run == tensor.numel()) == tensor.is_contiguous()


def test_a_side_of_one_ends_no_run_whatever_its_step() -> None:
    assert run_length(TensorSpec((2, 4, 1, 8), "float16", (100, 8, 5, 1))) == 4 * 8


@UNHURRIED
@given(views(), st.lists(st.integers(1, 3), max_size=2))
def test_broadcasting_has_the_strides_of_torchs_expand(
    tensor: torch.Tensor, more: list[int]
) -> None:
    wanted = tensor.expand(*more, *tensor.shape)
    found = expanded(spec_of(tensor), tuple(wanted.shape))

    assert found.shape == tuple(wanted.shape)
    moving = [place for place, size in enumerate(wanted.shape) if size > 1]
    assert [steps(found)[place] for place in moving] == [wanted.stride(place) for place in moving]


def test_a_side_of_one_is_broadcast_without_memory() -> None:
    found = expanded(half(4, 1, 8), (4, 3, 8))

    assert (found.strides, found.nbytes) == ((8, 0, 1), half(4, 1, 8).nbytes)
    assert dense_nbytes(found) == 2 * 4 * 3 * 8


def test_a_tensor_of_its_own_shape_stays() -> None:
    assert expanded(half(4, 8), (4, 8)) == half(4, 8)


@UNHURRIED
@given(SHAPES)
def test_the_steps_of_a_contiguous_tensor_are_torchs(shape: tuple[int, ...]) -> None:
    assert steps(TensorSpec(shape)) == torch.empty(shape).stride()


@pytest.mark.parametrize(
    ("tensor", "place"),
    [
        (half(4, 8), 1),
        (permuted(half(4, 8), 1, 0), 0),
        (half(4, 1), 0),  # a side of one has no neighbours
        (channels_last(2, 3, 5, 7), 1),
        (TensorSpec((4, 8), "float16", (1, 0)), 0),  # what is broadcast has none in memory
        (half(1, 1), None),
        (TensorSpec((4,), "float16", (0,)), None),
    ],
)
def test_the_innermost_dimension_is_that_of_the_smallest_step(
    tensor: TensorSpec, place: int | None
) -> None:
    assert innermost(tensor) == place


@pytest.mark.parametrize(
    ("tensor", "is_last"),
    [
        (half(2, 3, 5, 7), False),
        (channels_last(2, 3, 5, 7), True),
        (half(2, 3, 1, 1), False),  # both may be
        (permuted(half(8, 4), 1, 0), False),
    ],
)
def test_images_have_channels_last_if_these_are_innermost(tensor, is_last) -> None:
    assert has_channels_last(tensor) is is_last


def test_channels_inside_are_in_order_where_they_are_last() -> None:
    assert run_length(channels_inside(channels_last(2, 3, 5, 7))) == 2 * 3 * 5 * 7
    assert channels_inside(half(2, 3, 5, 7)) == TensorSpec(
        (2, 5, 7, 3), "float16", (3 * 5 * 7, 7, 1, 5 * 7)
    )


@pytest.mark.parametrize(
    ("tensor", "nbytes"),
    [
        (half(4, 8, 8, 8), 0),
        (channels_last(4, 8, 8, 8), 2 * 4 * 8 * 8 * 8),
        (channels_last(1, 8, 8, 8), 2 * 8 * 8 * 8),  # a quarter
        (channels_last(1, 7, 8, 8), 0),  # less stays in a cache
        (
            half(
                8,
            ),
            0,
        ),  # a vector has no order
    ],
)
def test_bytes_are_out_of_order_where_neighbours_are_others(tensor, nbytes) -> None:
    assert out_of_order_nbytes(tensor, half(4, 8, 8, 8)) == nbytes


@pytest.mark.parametrize(
    ("dtype", "sides", "found"),
    [
        ("float16", (8, 64), 0),
        ("bfloat16", (8, 60), 1),
        ("float32", (7,), 0),
    ],
)
def test_only_halves_in_no_whole_groups_are_misaligned(dtype, sides, found) -> None:
    assert misaligned(dtype, *sides) == found


@pytest.mark.parametrize(
    ("sides", "waste"),
    [
        ((64, 128), 0),
        ((96,), 1 / 3),  # 128
        ((40,), 3 / 5),  # 64
        ((320,), 0),
        ((96, 40), 4 / 3 * 8 / 5 - 1),
        ((24, 8), 0),  # kernels of their own
    ],
)
def test_whole_tiles_of_64_or_32_waste_what_a_matrix_does_not_fill(sides, waste) -> None:
    assert tile_waste(*sides) == pytest.approx(waste)


def test_a_transposed_view_has_its_last_two_dimensions_changed() -> None:
    assert transposed(half(2, 3, 5)) == TensorSpec((2, 5, 3), "float16", (15, 1, 5))
