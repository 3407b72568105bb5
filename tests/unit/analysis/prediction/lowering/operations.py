"""Operations as a GPU's stream holds them, written by hand, with the layouts that matter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering import kernels_of
from flopscope.records import Operation, TensorSpec
from tests.unit.costs.operations import operation


def half(*shape: int) -> TensorSpec:
    """A contiguous tensor of float16."""
    return TensorSpec(shape, "float16")


def permuted(tensor: TensorSpec, *order: int) -> TensorSpec:
    """A contiguous tensor's view with its dimensions in another order."""
    steps = [math.prod(tensor.shape[place + 1 :]) for place in range(tensor.ndim)]
    shape = tuple(tensor.shape[place] for place in order)
    return TensorSpec(shape, tensor.dtype, tuple(steps[place] for place in order))


def channels_last(samples: int, channels: int, *sides: int, dtype: str = "float16") -> TensorSpec:
    """Images whose channels are innermost."""
    inner = TensorSpec((samples, *sides, channels), dtype)
    return permuted(inner, 0, len(sides) + 1, *range(1, len(sides) + 1))


def linear(given: TensorSpec, features: int, *, bias: bool = True) -> Operation:
    weight = TensorSpec((features, given.shape[-1]), given.dtype)
    added = TensorSpec((features,), given.dtype) if bias else None
    out = TensorSpec((*given.shape[:-1], features), given.dtype)
    return operation("linear", out, input=given, weight=weight, bias=added)


def matmul(one: TensorSpec, other: TensorSpec) -> Operation:
    batches = broadcast(one.shape[:-2], other.shape[:-2])
    out = TensorSpec((*batches, one.shape[-2], other.shape[-1]), one.dtype)
    return operation("matmul", out, self=one, other=other)


def broadcast(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that two are broadcast to."""
    ndim = max(len(one), len(other))
    full = [(1,) * (ndim - len(shape)) + shape for shape in (one, other)]
    return tuple(max(sides) for sides in zip(*full, strict=True))


def convolution(
    given: TensorSpec,
    filters: Sequence[int],
    groups: int = 1,
    *,
    bias: bool = False,
    is_last: bool = False,
) -> Operation:
    """A convolution that keeps the size of its images.

    Args:
        given: the images, or one of them.
        filters: the shape of the weight.
        groups: of channels.
        bias: whether there is one.
        is_last: whether its result has its channels innermost.
    """
    window = filters[2:]
    sides = given.shape[given.ndim - len(window) :]
    batch = given.shape[: given.ndim - len(window) - 1]
    shape = (*batch, filters[0], *sides)
    out = channels_last(*shape, dtype=given.dtype) if is_last else TensorSpec(shape, given.dtype)
    return operation(
        f"conv{len(window)}d",
        out,
        input=given,
        weight=TensorSpec(tuple(filters), given.dtype),
        bias=TensorSpec((filters[0],), given.dtype) if bias else None,
        stride=(1,) * len(window),
        padding=tuple(side // 2 for side in window),
        dilation=(1,) * len(window),
        groups=groups,
    )


def attention(
    query: TensorSpec,
    key: TensorSpec | None = None,
    value: TensorSpec | None = None,
    mask: TensorSpec | None = None,
    *,
    is_grouped: bool = False,
) -> Operation:
    """Attention of queries, to themselves unless keys and values are given."""
    key, value = key or query, value or key or query
    out = TensorSpec((*query.shape[:-1], value.shape[-1]), query.dtype)
    return operation(
        "scaled_dot_product_attention",
        out,
        query=query,
        key=key,
        value=value,
        attn_mask=mask,
        dropout_p=0.0,
        is_causal=False,
        scale=None,
        enable_gqa=is_grouped,
    )


def kinds(made: Operation) -> list[str]:
    """The kinds of an operator's kernels, in order."""
    return [kernel.kind for kernel in kernels_of(made)]


def kernel(made: Operation, kind: str) -> Kernel:
    """The one kernel of a kind that an operator has."""
    (found,) = (each for each in kernels_of(made) if each.kind == kind)
    return found
