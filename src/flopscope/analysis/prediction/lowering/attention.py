"""Attention: one fused kernel where there is one for it, otherwise its products and its softmax."""

from __future__ import annotations

import math
from collections.abc import Iterator

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.layout import merges
from flopscope.analysis.prediction.lowering.products import copy_of
from flopscope.analysis.prediction.lowering.table import lowered
from flopscope.costs import cost_of
from flopscope.dtypes import BITS
from flopscope.records import Operation, TensorSpec

WIDEST_FUSED = 256
"""Channels of a head up to which flash attention is used.

Source: ``check_head_dim_size_flash`` in ATen/native/transformers/cuda/sdp_utils.cpp.
"""


@lowered("aten.scaled_dot_product_attention")
def attention(operation: Operation) -> Iterator[Kernel]:
    """Flash attention for four dimensions of halves; for others, each step apart.

    Source: ``use_flash_attention`` and ``use_mem_efficient_attention`` in the same file.
    """
    query, key, value = (operation.args[name] for name in ("query", "key", "value"))
    mask = operation.args.get("attn_mask")
    assert isinstance(query, TensorSpec)
    assert isinstance(key, TensorSpec)
    assert isinstance(value, TensorSpec)
    is_half = BITS[query.dtype] == BITS["float16"]
    if query.ndim == 4 and is_half and query.shape[-1] <= WIDEST_FUSED:
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
    else:
        yield from _unfused(operation, query, key, value)


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
