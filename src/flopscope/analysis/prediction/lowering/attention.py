"""Attention: one fused kernel where there is one for it, otherwise its products and its softmax."""

from __future__ import annotations

import math
from collections.abc import Iterator

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.layout import merges, steps
from flopscope.analysis.prediction.lowering.products import copy_of
from flopscope.analysis.prediction.lowering.table import lowered
from flopscope.costs import cost_of
from flopscope.dtypes import BITS
from flopscope.records import Operation, TensorSpec

WIDEST_FUSED = 256
"""Channels of a head up to which flash attention is used.

Source: ``check_head_dim_size_flash`` in ATen/native/transformers/cuda/sdp_utils.cpp.
"""


ALIGNED_NBYTES = 16
"""The channels of a head are whole multiples of this in memory-efficient attention.

Source: ``minimum_gemm_alignment`` in the same file.
"""


@lowered("aten.scaled_dot_product_attention")
def attention(operation: Operation) -> Iterator[Kernel]:
    """One kernel for heads of four dimensions; for others, each step apart."""
    query, key, value = (operation.args[name] for name in ("query", "key", "value"))
    mask = operation.args.get("attn_mask")
    assert isinstance(query, TensorSpec)
    assert isinstance(key, TensorSpec)
    assert isinstance(value, TensorSpec)
    if not _is_fused(query, key, value, is_masked=mask is not None):
        yield from _unfused(operation, query, key, value)
        return
    mask_nbytes = mask.nbytes if isinstance(mask, TensorSpec) else 0
    out = operation.outputs[0]
    yield Kernel(
        "masked attention" if mask is not None else "attention",
        sum(tensor.nbytes for tensor in (query, key, value, out)) + mask_nbytes,
        macs=cost_of(operation)[1].macs,
        rows=query.shape[-2],
        columns=key.shape[-2],
        depth=query.shape[-1],
        products=math.prod(query.shape[:-2]),
        dtype=query.dtype,
    )


def _is_fused(query: TensorSpec, key: TensorSpec, value: TensorSpec, *, is_masked: bool) -> bool:
    """Whether there is a kernel: flash attention, or else the memory-efficient one.

    Flash attention is of halves without a mask, in heads of one width, which it pads itself.
    Source: ``can_use_flash_attention`` and ``can_use_mem_efficient_attention`` in the same file.
    """
    bits, heads = BITS[query.dtype], (query, key, value)
    if query.ndim != 4 or bits > BITS["float32"] or any(steps(each)[-1] != 1 for each in heads):
        return False
    widths = {each.shape[-1] for each in heads}
    is_flash = bits == BITS["float16"] and not is_masked and len(widths) == 1
    if is_flash and max(widths) <= WIDEST_FUSED:
        return True
    return all(width * bits // 8 % ALIGNED_NBYTES == 0 for width in widths)


def _unfused(
    operation: Operation, query: TensorSpec, key: TensorSpec, value: TensorSpec
) -> Iterator[Kernel]:
    out, mask = operation.outputs[0], operation.args.get("attn_mask")
    heads = math.prod(query.shape[:-2])
    rows, columns = query.shape[-2], key.shape[-2]
    scores = TensorSpec((heads, rows, columns), query.dtype)
    for tensor in (query, key):
        yield Kernel("pointwise", 2 * tensor.nbytes, dtype=tensor.dtype)  # scaled
    for tensor in (query, key, value):
        if not merges(tensor, tensor.ndim - 2):
            yield copy_of(tensor)
    sides = (
        (query.nbytes + key.nbytes, columns, query.shape[-1]),
        (value.nbytes + out.nbytes, value.shape[-1], columns),
    )
    for place, (nbytes, width, depth) in enumerate(sides):
        yield Kernel(
            "product",
            nbytes + scores.nbytes,
            macs=heads * rows * width * depth,
            rows=rows,
            columns=width,
            depth=depth,
            products=heads,
            dtype=query.dtype,
        )
        if place == 0:
            if isinstance(mask, TensorSpec):
                yield Kernel("pointwise", 2 * scores.nbytes + mask.nbytes, dtype=query.dtype)
            yield Kernel("softmax", 2 * scores.nbytes, dtype=query.dtype)
