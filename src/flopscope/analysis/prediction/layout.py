"""How a tensor lies in memory: in which order its elements are, and whether dimensions merge."""

from __future__ import annotations

import math
from itertools import pairwise

from flopscope.dtypes import BITS
from flopscope.records import TensorSpec


def dense_nbytes(tensor: TensorSpec) -> int:
    """Bytes of a copy of a tensor, in which what is broadcast is written out."""
    return tensor.numel * BITS[tensor.dtype] // 8


def steps(tensor: TensorSpec) -> tuple[int, ...]:
    """The strides of a tensor, also of a contiguous one."""
    if tensor.strides is not None:
        return tensor.strides
    return tuple(math.prod(tensor.shape[place + 1 :]) for place in range(tensor.ndim))


def innermost(tensor: TensorSpec) -> int | None:
    """The dimension along which neighbours lie side by side, or None of a single element."""
    sides = [place for place, size in enumerate(tensor.shape) if size > 1]
    if tensor.strides is None or not sides:
        return sides[-1] if sides else None
    strides = tensor.strides
    stepped = [place for place in sides if strides[place] > 0]
    return min(stepped, key=lambda place: (strides[place], -place), default=None)


def has_channels_last(tensor: TensorSpec) -> bool:
    """Whether the channels of an image, its second dimension, are innermost; no, if both may be."""
    return tensor.strides is not None and tensor.ndim > 2 and innermost(tensor) == 1


def channels_inside(tensor: TensorSpec) -> TensorSpec:
    """A view of images with their channels as the last dimension."""
    order = (0, *range(2, tensor.ndim), 1)
    shape = tuple(tensor.shape[place] for place in order)
    return TensorSpec(shape, tensor.dtype, tuple(steps(tensor)[place] for place in order))


def run_length(tensor: TensorSpec) -> int:
    """How many elements lie side by side in the order in which they are visited."""
    if tensor.strides is None:
        return tensor.numel
    run = 1
    for size, stride in reversed(list(zip(tensor.shape, tensor.strides, strict=True))):
        if size != 1:
            if stride != run:
                break
            run *= size
    return run


def expanded(tensor: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
    """A tensor broadcast to a shape, which takes up no memory: a view without a copy."""
    if tensor.shape == shape:
        return tensor
    kept = zip(reversed(tensor.shape), reversed(steps(tensor)), reversed(shape), strict=False)
    own = [stride if side == wanted else 0 for side, stride, wanted in kept]
    return TensorSpec(shape, tensor.dtype, (0,) * (len(shape) - len(own)) + tuple(reversed(own)))


def transposed(tensor: TensorSpec) -> TensorSpec:
    """A view of matrices with their rows as columns."""
    order = (*range(tensor.ndim - 2), tensor.ndim - 1, tensor.ndim - 2)
    own = steps(tensor)
    return TensorSpec(
        tuple(tensor.shape[place] for place in order),
        tensor.dtype,
        tuple(own[place] for place in order),
    )


def merges(tensor: TensorSpec, dims: int) -> bool:
    """Whether the first dimensions can be seen as one, without a copy."""
    if tensor.strides is None:
        return True
    sides = zip(tensor.shape[:dims], tensor.strides[:dims], strict=True)
    kept = [(size, stride) for size, stride in sides if size > 1]
    return all(outer == stride * size for (_, outer), (size, stride) in pairwise(kept))


def out_of_order_nbytes(tensor: TensorSpec, visited: TensorSpec) -> int:
    """Bytes of a tensor whose neighbours are not those of the one that sets the order."""
    if tensor.ndim != visited.ndim or tensor.numel * SMALL < visited.numel:
        return 0
    ours, theirs = innermost(tensor), innermost(visited)
    return 0 if ours is None or theirs is None or ours == theirs else tensor.nbytes


SMALL = 4
"""A tensor that is as many times smaller than what it is combined with stays in a cache."""

COALESCED = 8
"""Elements side by side from which on a copy reads memory as fast as in order: 16 B of halves."""


def scattered_in_copy(tensor: TensorSpec) -> int:
    """Bytes of a copied tensor that are read in another order than they lie in."""
    return 0 if run_length(tensor) >= COALESCED else dense_nbytes(tensor)


CHANNEL_GROUP = 8
"""Tensor cores take so many 16-bit elements at once, from addresses that are multiples of 16 B.

Source: NVIDIA, Matrix Multiplication Background User's Guide, "Tensor Core Requirements", and
Convolutional Layers User's Guide, "Channels In and Out".
"""


def misaligned(dtype: str, *sides: int) -> int:
    """1 where halves are multiplied whose rows are not whole groups, else 0."""
    is_half = BITS[dtype] == BITS["float16"]
    return int(is_half and any(side % CHANNEL_GROUP for side in sides))


WIDE_TILE = 64
"""The side of the tiles of products that matrices with longer sides are cut into."""

NARROW_TILE = 32
"""The same of shorter ones. What is shorter still runs in kernels of its own."""


def tile_waste(*sides: int) -> float:
    """By what part matrices grow that are padded to whole tiles: 1/3 for 96 in tiles of 64.

    Source: NVIDIA, Matrix Multiplication Background User's Guide, "Tile Quantization".
    """
    grown = 1.0
    for side in sides:
        tile = WIDE_TILE if side > WIDE_TILE else NARROW_TILE
        if side > NARROW_TILE:
            grown *= math.ceil(side / tile) * tile / side
    return grown - 1
