"""Attention: one fused kernel where there is one for it, otherwise its products and its softmax."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.layout import expanded, merges, steps, transposed
from flopscope.analysis.prediction.lowering.normalizations import by_rows
from flopscope.analysis.prediction.lowering.products import cast, copy_of, product_of
from flopscope.analysis.prediction.lowering.table import Torch, lowered
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


IN_FLOAT32: Torch = (2, 5)
"""The version from which attention that isn't fused computes halves in float32.

Source: ``_scaled_dot_product_attention_math`` in ATen/native/transformers/attention.cpp.
"""


@lowered("aten.scaled_dot_product_attention")
def attention(operation: Operation) -> Iterator[Kernel]:
    """One kernel for heads of four dimensions; for others, each step apart, halves in float32."""
    return _fused_or(_in_float32, operation)


@lowered("aten.scaled_dot_product_attention", before=IN_FLOAT32)
def attention_in_its_type(operation: Operation) -> Iterator[Kernel]:
    """The same, where halves are computed in halves."""
    return _fused_or(_in_its_type, operation)


def _fused_or(
    in_steps: Callable[[Operation, _Heads], Iterator[Kernel]], operation: Operation
) -> Iterator[Kernel]:
    heads = _heads(operation)
    if _is_fused(operation, heads):
        yield _fused(operation, heads)
    else:
        yield from in_steps(operation, heads)


def _in_float32(operation: Operation, heads: _Heads) -> Iterator[Kernel]:
    given = heads.query.dtype
    is_half = BITS[given] == BITS["float16"]
    if is_half:
        for tensor in heads:
            yield cast(tensor, "float32")
        heads = _Heads(*(replace(tensor, dtype="float32") for tensor in heads))
    yield from _scored(heads, _mask(operation))
    yield from _made_safe(heads.scores)
    if is_half:
        yield cast(heads.scores, given)  # which are returned as well
    yield from _weighed(heads)
    if is_half:
        yield cast(replace(operation.outputs[0], dtype="float32"), given)


def _in_its_type(operation: Operation, heads: _Heads) -> Iterator[Kernel]:
    yield from _scored(heads, _mask(operation))
    yield from _weighed(heads)


class _Heads(NamedTuple):
    """What attention is of."""

    query: TensorSpec
    key: TensorSpec
    value: TensorSpec

    @property
    def scores(self) -> TensorSpec:
        """One for each query and key, where heads may share keys by broadcasting."""
        batch = tuple(map(max, self.query.shape[:-2], self.key.shape[:-2]))
        shape = (*batch, self.query.shape[-2], self.key.shape[-2])
        return TensorSpec(shape, self.query.dtype)


def _heads(operation: Operation) -> _Heads:
    query, key, value = (operation.args[name] for name in ("query", "key", "value"))
    assert isinstance(query, TensorSpec)
    assert isinstance(key, TensorSpec)
    assert isinstance(value, TensorSpec)
    return _Heads(query, key, value)


def _mask(operation: Operation) -> TensorSpec | None:
    mask = operation.args.get("attn_mask")
    return mask if isinstance(mask, TensorSpec) else None


def _is_fused(operation: Operation, heads: _Heads) -> bool:
    """Whether there is a kernel: flash attention, or else the memory-efficient one.

    Flash attention is of halves without a mask, in heads of one width, which it pads itself, and
    which may share keys where that is asked for. Neither is of keys shared by broadcasting.
    Source: ``can_use_flash_attention``, ``can_use_mem_efficient_attention`` and
    ``check_batch_size_and_num_heads_dense`` in ATen/native/transformers/cuda/sdp_utils.cpp.
    """
    bits = BITS[heads.query.dtype]
    are_shared = len({each.shape[:-2] for each in heads}) > 1
    if heads.query.ndim != 4 or (are_shared and not operation.args.get("enable_gqa")):
        return False
    if bits > BITS["float32"] or any(steps(each)[-1] != 1 for each in heads):
        return False
    widths = {each.shape[-1] for each in heads}
    is_flash = bits == BITS["float16"] and _mask(operation) is None and len(widths) == 1
    if is_flash and max(widths) <= WIDEST_FUSED:
        return True
    return not are_shared and all(width * bits // 8 % ALIGNED_NBYTES == 0 for width in widths)


def _fused(operation: Operation, heads: _Heads) -> Kernel:
    query, mask = heads.query, _mask(operation)
    nbytes = sum(tensor.nbytes for tensor in (*heads, operation.outputs[0]))
    return Kernel(
        "attention" if mask is None else "masked attention",
        nbytes + (0 if mask is None else mask.nbytes),
        macs=cost_of(operation)[1].macs,
        rows=query.shape[-2],
        columns=heads.key.shape[-2],
        depth=query.shape[-1],
        products=math.prod(query.shape[:-2]),
        dtype=query.dtype,
    )


def _scored(heads: _Heads, mask: TensorSpec | None) -> Iterator[Kernel]:
    """Queries and keys are scaled and multiplied, the mask added, and scores made to weights."""
    query, key, scores = heads.query, heads.key, heads.scores
    for tensor in (query, key):
        yield Kernel("pointwise", 2 * tensor.nbytes, dtype=tensor.dtype)
    yield from _batched(query, scores)
    yield from _batched(transposed(key), scores)
    macs = scores.numel * query.shape[-1]
    yield product_of(query.nbytes + key.nbytes, scores, macs, query.dtype)
    if mask is not None:
        yield Kernel("indexed pointwise", 2 * scores.nbytes + mask.nbytes, dtype=query.dtype)
    softmax = Kernel("softmax", 2 * scores.nbytes, dtype=query.dtype)
    yield by_rows(softmax, scores, scores.shape[-1])


def _made_safe(scores: TensorSpec) -> Iterator[Kernel]:
    """Rows that are masked altogether are sought and set to 0.

    Source: ``_safe_softmax`` in ATen/native/transformers/attention.cpp.
    """
    marks = scores.numel  # a byte each
    yield Kernel("pointwise", scores.nbytes + marks, dtype=scores.dtype)
    yield Kernel("reduction", marks, dtype="bool")
    yield Kernel("indexed pointwise", 2 * scores.nbytes, dtype=scores.dtype)


def _weighed(heads: _Heads) -> Iterator[Kernel]:
    """The sum of the values of each query, by their weights."""
    value, scores = heads.value, heads.scores
    yield from _batched(value, scores)
    out = TensorSpec((*scores.shape[:-1], value.shape[-1]), scores.dtype)
    macs = out.numel * scores.shape[-1]
    yield product_of(scores.nbytes + value.nbytes, out, macs, value.dtype)


def _batched(tensor: TensorSpec, scores: TensorSpec) -> Iterator[Kernel]:
    """The copy of an operand whose batch isn't one of memory's."""
    each = expanded(tensor, (*scores.shape[:-2], *tensor.shape[-2:]))
    if not merges(each, each.ndim - 2):
        yield copy_of(each)
