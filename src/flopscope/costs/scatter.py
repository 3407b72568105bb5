"""Writes that combine with what is there, and bags of embeddings: one operation per element."""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec

SUM, MEAN, MAX = 0, 1, 2
"""torch's numbers for what an embedding bag does with its rows."""


@formula("aten.scatter_add")
def scatter_add(src: TensorSpec) -> Cost:
    """One addition per element of the source."""
    return Cost(other_flops=src.numel)


@formula("aten.scatter")
def scatter(index: TensorSpec, reduce: str | None = None) -> Cost:
    """Nothing, or one addition or product per index with ``reduce``."""
    return Cost(other_flops=index.numel if reduce else 0)


@formula("aten.scatter_reduce")
def scatter_reduce(src: TensorSpec, reduce: str, out: TensorSpec) -> Cost:
    """One operation per element of the source, and for a mean one division per output."""
    return Cost(other_flops=src.numel + out.numel * (reduce == "mean"))


@formula("aten.index_add")
def index_add(source: TensorSpec, alpha: float = 1) -> Cost:
    """``self[i] + alpha * source``: a factor of 1 costs nothing."""
    return Cost(other_flops=source.numel * (1 + (alpha != 1)))


@formula("aten.index_reduce")
def index_reduce(source: TensorSpec, reduce: str, out: TensorSpec) -> Cost:
    """As :func:`scatter_reduce`."""
    return scatter_reduce(source, reduce, out)


@formula("aten.index_put", "aten._index_put_impl", "aten._unsafe_index_put")
def index_put(values: TensorSpec, accumulate: bool = False) -> Cost:
    """Nothing, or one addition per value when they accumulate."""
    return Cost(other_flops=values.numel if accumulate else 0)


@formula("aten._unsafe_masked_index_put_accumulate")
def masked_index_put(values: TensorSpec) -> Cost:
    """One addition per value."""
    return Cost(other_flops=values.numel)


@formula("aten.segment_reduce")
def segment_reduce(data: TensorSpec, reduce: str, out: TensorSpec) -> Cost:
    """As :func:`scatter_reduce`."""
    return scatter_reduce(data, reduce, out)


@formula("aten.col2im")
def fold(self: TensorSpec) -> Cost:
    """Every element of every patch is added to the image."""
    return Cost(other_flops=self.numel)


@formula("aten.embedding_bag", "aten._embedding_bag", "aten._embedding_bag_forward_only")
def embedding_bag(
    weight: TensorSpec,
    indices: TensorSpec,
    out: TensorSpec,
    mode: int = SUM,
    per_sample_weights: TensorSpec | None = None,
) -> Cost:
    """One addition or comparison per element fetched, its weight's product, a mean's division."""
    fetched = indices.numel * weight.shape[1]
    weighted = fetched if per_sample_weights is not None else 0
    return Cost(other_flops=fetched + weighted + out.numel * (mode == MEAN))


@formula("aten._embedding_bag_backward", "aten._embedding_bag_dense_backward")
def embedding_bag_backward(
    grad: TensorSpec, indices: TensorSpec, per_sample_weights: TensorSpec | None = None
) -> Cost:
    """Every row fetched gets its bag's gradient added, times its weight if it has one."""
    fetched = indices.numel * grad.shape[1]
    return Cost(other_flops=fetched * (1 + (per_sample_weights is not None)))


@formula("aten._embedding_bag_per_sample_weights_backward")
def embedding_bag_weights_backward(grad: TensorSpec, indices: TensorSpec) -> Cost:
    """The dot product of every row fetched with its bag's gradient."""
    return Cost(other_flops=2 * indices.numel * grad.shape[1])


@formula("aten.embedding_renorm")
def embedding_renorm(self: TensorSpec, indices: TensorSpec) -> Cost:
    """The norm of every row asked for, and its scaling."""
    return Cost(other_flops=3 * indices.numel * (self.shape[1] + 1))


@formula("aten._segment_reduce_backward")
def segment_reduce_backward(data: TensorSpec) -> Cost:
    """One operation per element."""
    return Cost(other_flops=data.numel)
