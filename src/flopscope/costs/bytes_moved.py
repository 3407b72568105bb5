"""Bytes of the operators that do not read every input and write every output once."""

from __future__ import annotations

from collections.abc import Sequence

from flopscope.costs import traffic
from flopscope.records import TensorSpec, tensors_in


@traffic(
    "aten.empty",
    "aten.empty_like",
    "aten.empty_permuted",
    "aten.empty_quantized",
    "aten.empty_strided",
    "aten.new_empty",
    "aten.new_empty_strided",
    "aten._empty_affine_quantized",
    "aten._empty_per_channel_affine_quantized",
    "aten.resize",
    "aten.resize_as",
    "aten.set",
    "aten.set_",
    "aten.is_same_size",
    "aten.squeeze_",
    "aten.unsqueeze_",
    "aten.t_",
    "aten.transpose_",
    "aten.swapaxes_",
    "aten.swapdims_",
    "aten.as_strided_",
    "aten.detach_",
    "aten.record_stream",
)
def nothing() -> int:
    """Memory is reserved or described, not touched."""
    return 0


@traffic(
    "aten.bernoulli_",
    "aten.cauchy_",
    "aten.exponential_",
    "aten.fill_",
    "aten.full_like",
    "aten.geometric_",
    "aten.log_normal_",
    "aten.new_full",
    "aten.new_ones",
    "aten.new_zeros",
    "aten.normal_",
    "aten.ones_like",
    "aten.rand_like",
    "aten.randint_like",
    "aten.randn_like",
    "aten.random_",
    "aten.uniform_",
    "aten.zero_",
    "aten.zeros_like",
)
def written(out: TensorSpec) -> int:
    """The tensor is filled: what it held, or the one it is shaped after, is not read."""
    return out.nbytes


@traffic("aten.copy_")
def copied(src: TensorSpec, out: TensorSpec) -> int:
    """The source is read and the destination written, not read."""
    return src.nbytes + out.nbytes


@traffic("aten.embedding")
def embedding(indices: TensorSpec, out: TensorSpec) -> int:
    """Of the table only the rows that are asked for."""
    return indices.nbytes + 2 * out.nbytes


@traffic("aten.index_select", "aten.gather", "aten.take")
def selected(index: TensorSpec, out: TensorSpec) -> int:
    """Of the source only the elements that are asked for."""
    return index.nbytes + 2 * out.nbytes


@traffic("aten.take_along_dim")
def taken(indices: TensorSpec, out: TensorSpec) -> int:
    """As :func:`selected`."""
    return indices.nbytes + 2 * out.nbytes


@traffic("aten.index", "aten._unsafe_index")
def indexed(indices: Sequence[TensorSpec | None], out: TensorSpec) -> int:
    """As :func:`selected`, with an index per dimension."""
    return sum(index.nbytes for index in tensors_in(tuple(indices))) + 2 * out.nbytes


@traffic(
    "aten.select_copy",
    "aten.slice_copy",
    "aten.narrow_copy",
    "aten.diagonal_copy",
    "aten.as_strided_copy",
)
def part_copied(out: TensorSpec) -> int:
    """Of the source only the part that is copied."""
    return 2 * out.nbytes


@traffic("aten.embedding_bag", "aten._embedding_bag", "aten._embedding_bag_forward_only")
def bags(weight: TensorSpec, indices: TensorSpec, out: TensorSpec) -> int:
    """Of the table only the rows that are asked for, each as often as it is."""
    row = weight.nbytes // weight.shape[0] if weight.numel else 0
    return indices.nbytes + indices.numel * row + out.nbytes


@traffic("aten.index_copy_")
def rows_copied(index: TensorSpec, source: TensorSpec) -> int:
    """Of the destination only the rows that are replaced, and they are not read."""
    return index.nbytes + 2 * source.nbytes


@traffic("aten.index_add_", "aten.index_reduce_")
def rows_added(index: TensorSpec, source: TensorSpec) -> int:
    """Of the destination only the rows that are added to."""
    return index.nbytes + 3 * source.nbytes


@traffic("aten.scatter_add_", "aten.scatter_reduce_")
def elements_added(index: TensorSpec, src: TensorSpec) -> int:
    """Of the destination only the elements that are added to."""
    return index.nbytes + 3 * src.nbytes


@traffic("aten.index_put_", "aten._index_put_impl_")
def elements_put(
    indices: Sequence[TensorSpec | None], values: TensorSpec, accumulate: bool = False
) -> int:
    """Of the destination only the elements that are replaced, or added to."""
    touched = (3 if accumulate else 2) * values.nbytes
    return sum(index.nbytes for index in tensors_in(tuple(indices))) + touched
