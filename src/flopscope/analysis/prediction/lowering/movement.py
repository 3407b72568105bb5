"""What only moves data: copies into another order, casts, joins, look-ups."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering.products import copy_of
from flopscope.analysis.prediction.lowering.table import in_one_pass, lowered
from flopscope.records import Operation

lowered("aten.to", "aten._to_copy")(in_one_pass("cast"))
lowered("aten.cat", "aten.concat", "aten.pad", "aten.constant_pad_nd")(in_one_pass("join"))
lowered(
    *("aten.stack", "aten.roll", "aten.repeat", "aten.tile", "aten.repeat_interleave", "aten.flip"),
    *("aten.copy", "aten.channel_shuffle", "aten.native_channel_shuffle", "aten.pixel_shuffle"),
    *("aten.pixel_unshuffle", "aten.hstack", "aten.vstack", "aten.reflection_pad2d"),
    *("aten.upsample_nearest2d", "aten._upsample_nearest_exact2d"),
)(in_one_pass("copy"))
lowered(
    *("aten.index", "aten.index_select", "aten.gather", "aten.embedding", "aten.scatter"),
    *("aten.im2col", "aten.col2im", "aten.take_along_dim", "aten.masked_fill", "aten.index_put"),
    *("aten.sort", "aten.argsort", "aten.topk", "aten.where", "aten.grid_sampler"),
    *("aten.cumsum", "aten.cumprod", "aten.index_add", "aten.scatter_add", "aten.masked_select"),
)(in_one_pass("gather"))


@lowered("aten.contiguous", "aten.clone", "aten.reshape", "aten.flatten", "aten.unflatten")
def rearranged(operation: Operation) -> Iterator[Kernel]:
    """A copy of one tensor into the order in which its elements are visited."""
    yield copy_of(next(operation.tensors()))


@lowered(
    *("aten.arange", "aten.zeros", "aten.ones", "aten.full", "aten.linspace", "aten.rand"),
    *("aten.randn", "aten.zeros_like", "aten.ones_like", "aten.full_like", "aten.new_zeros"),
    *("aten.new_ones", "aten.new_full", "aten.fill", "aten.zero"),
)
def filled(operation: Operation) -> Iterator[Kernel]:
    """A pass that only writes."""
    out = operation.outputs[0]
    yield Kernel("pointwise", out.nbytes, dtype=out.dtype)


@lowered("aten.empty", "aten.empty_like", "aten.new_empty", "aten.empty_strided")
def nothing(_operation: Operation) -> Iterator[Kernel]:
    """Memory alone, for which no kernel runs."""
    yield from ()
