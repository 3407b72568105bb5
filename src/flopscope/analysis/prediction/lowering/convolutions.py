"""Convolutions: the product, what cuDNN lays out anew for its tensor cores, and the bias."""

from __future__ import annotations

import math
from collections.abc import Iterator

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.layout import (
    CHANNEL_GROUP,
    channels_inside,
    has_channels_last,
    misaligned,
    run_length,
    tile_waste,
)
from flopscope.analysis.prediction.lowering.products import bias_added, copy_of
from flopscope.analysis.prediction.lowering.table import lowered
from flopscope.costs import cost_of
from flopscope.dtypes import BITS
from flopscope.records import Operation, TensorSpec


@lowered(
    *("aten.conv1d", "aten.conv2d", "aten.conv3d", "aten.convolution"),
    *("aten.conv_transpose1d", "aten.conv_transpose2d", "aten.conv_transpose3d"),
)
def convolution(operation: Operation) -> Iterator[Kernel]:
    """A product over output positions, by the kind of filter and by layout.

    An input that is laid out in neither way is copied first. Tensor cores want channels last: where
    they aren't, input and output are transposed. A bias is added by a kernel of its own, but for
    PyTorch's own depthwise kernels.
    Source: ``_convolution`` in ATen/native/Convolution.cpp; the kernels of cuDNN 8 and 9 in
    profiles of PyTorch.
    """
    args, out = operation.args, operation.outputs[0]
    given, weight = args["input"], args["weight"]
    groups = args.get("groups", 1)
    assert isinstance(given, TensorSpec)
    assert isinstance(weight, TensorSpec)
    assert isinstance(groups, int)
    given, out = (_of_a_batch(tensor, weight.ndim) for tensor in (given, out))
    kind = _kind(weight, groups, operation)
    is_last = _runs_channels_last(given, weight, out, kind)
    visited = channels_inside(given) if is_last else given
    if run_length(visited) != visited.numel:
        yield copy_of(visited)
    yield _product(operation, f"{kind} last" if is_last else kind, given, weight, groups)
    is_half = BITS[weight.dtype] == BITS["float16"]
    if is_half and not is_last and not kind.startswith("depthwise"):
        moved = 2 * (given.nbytes + out.nbytes)
        yield Kernel(f"transpose {kind}", moved, dtype=out.dtype)
    if args.get("bias") is not None and not _is_torchs_own(weight, kind, is_last=is_last):
        yield bias_added(out)


def _of_a_batch(tensor: TensorSpec, ndim: int) -> TensorSpec:
    """An image as a batch of one."""
    if tensor.ndim == ndim:
        return tensor
    strides = None if tensor.strides is None else (tensor.numel, *tensor.strides)
    return TensorSpec((1, *tensor.shape), tensor.dtype, strides)


def _runs_channels_last(given: TensorSpec, weight: TensorSpec, out: TensorSpec, kind: str) -> bool:
    """Whether cuDNN is asked for channels last, by its operands or by a weight of one channel.

    Of that only the result tells: its channels are last and first in memory at once.

    Not in one dimension ("avoid accidentally going through NHWC", ``_convolution``), nor of
    depthwise convolutions in three, which aren't cuDNN's.
    """
    if weight.ndim == 3 or (weight.ndim == 5 and kind.startswith("depthwise")):
        return False
    return any(map(has_channels_last, (given, weight, out)))


def _is_torchs_own(weight: TensorSpec, kind: str, *, is_last: bool) -> bool:
    """Whether a depthwise convolution runs in a kernel of PyTorch's, which adds the bias, too.

    Source: ``use_cudnn_depthwise`` in ATen/native/Convolution.cpp: cuDNN has channels last, and of
    halves windows of up to 5 and those of one dimension.
    """
    if not kind.startswith("depthwise") or is_last:
        return False
    is_half = BITS[weight.dtype] == BITS["float16"]
    return not is_half or weight.ndim == 5 or (weight.ndim == 4 and kind != "depthwise")


def _kind(weight: TensorSpec, groups: int, operation: Operation) -> str:
    window = weight.shape[2:]
    if groups > 1 and weight.shape[1] == 1 and not _is_transposed(operation):
        return _depthwise_kind(max(window))
    if groups > 1:
        return "grouped"
    if max(window, default=1) > WIDEST_TUNED:
        return "wide convolution"
    return "pointwise convolution" if math.prod(window) == 1 else "convolution"


def _depthwise_kind(side: int) -> str:
    if side <= LARGEST_TEMPLATE:
        return "depthwise"
    return "depthwise large" if side <= WIDEST_TUNED else "depthwise wide"


LARGEST_TEMPLATE = 5
"""The side of the largest window that PyTorch has a depthwise kernel of its own for.

Source: ``conv_depthwise2d_forward_kernel`` in ATen/native/cuda/DepthwiseConv2d.cu.
"""


WIDEST_TUNED = 7
"""The side of the largest window that libraries have fast kernels for; patches are wider."""


def _is_transposed(operation: Operation) -> bool:
    return "transpose" in operation.op or bool(operation.args.get("transposed"))


def _product(
    operation: Operation, kind: str, given: TensorSpec, weight: TensorSpec, groups: int
) -> Kernel:
    """The product itself, of float32 in TF32: ``torch.backends.cudnn.allow_tf32`` is on."""
    out = _of_a_batch(operation.outputs[0], weight.ndim)
    macs = cost_of(operation)[1].macs
    columns = max(out.shape[1] // groups, 1)
    depth = macs / max(out.numel, 1)
    padding = 1.0
    channels = given.shape[1] // groups
    if BITS[weight.dtype] == BITS["float16"] and channels > 1:
        padding = math.ceil(channels / CHANNEL_GROUP) * CHANNEL_GROUP / channels
    return Kernel(
        kind,
        given.nbytes + weight.nbytes + out.nbytes,
        macs=macs,
        rows=out.numel / max(out.shape[1], 1),
        columns=columns,
        depth=depth,
        products=groups,
        padding=padding,
        is_misaligned=misaligned(weight.dtype, columns),
        tile_waste=tile_waste(columns, channels),
        dtype="tf32" if weight.dtype == "float32" else weight.dtype,
    )
