"""Reductions, scans and searches whose cost is not torch's tag of one FLOP per input element."""

from __future__ import annotations

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec


@formula("aten.mean")
def mean(self: TensorSpec, out: TensorSpec) -> Cost:
    """One addition per element and one division per output."""
    return Cost(other_flops=self.numel + out.numel)


@formula("aten.nansum")
def nansum(self: TensorSpec) -> Cost:
    """A test for nan and an addition per element."""
    return Cost(other_flops=2 * self.numel)


@formula("aten.var", "aten.var_mean")
def variance(self: TensorSpec, out: TensorSpec) -> Cost:
    """Sum, centre, square and sum: 4 per element; two divisions per output."""
    return Cost(other_flops=4 * self.numel + 2 * out.numel)


@formula("aten.std", "aten.std_mean")
def standard_deviation(self: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`variance`, and a root per output."""
    return Cost(other_flops=4 * self.numel + 3 * out.numel)


@formula("aten.norm")
def norm(self: TensorSpec, out: TensorSpec, p: float | None = 2) -> Cost:
    """As :func:`vector_norm`."""
    return vector_norm(self, out, 2 if p is None else p)


@formula("aten.linalg_vector_norm")
def vector_norm(self: TensorSpec, out: TensorSpec, ord: float = 2) -> Cost:
    """``sum(abs(x) ** p) ** (1 / p)``.

    p = 2 squares and adds, and takes one root per output; p = 0, 1 and the infinities compare or
    take the magnitude and accumulate, without a root; any other p needs all three and a root.
    """
    if ord in (0, 1, float("inf"), float("-inf")):
        return Cost(other_flops=2 * self.numel)
    return Cost(other_flops=(2 if ord == 2 else 3) * self.numel + out.numel)


@formula("aten.linalg__powsum")
def power_sum(self: TensorSpec, ord: float = 2) -> Cost:
    """``sum(abs(x) ** p)``: a square and an addition, or a magnitude, a power and an addition."""
    return Cost(other_flops=(2 if ord == 2 else 3) * self.numel)


@formula("aten.logsumexp")
def logsumexp(self: TensorSpec, out: TensorSpec) -> Cost:
    """Compare, subtract the maximum, exp, add: 4 per element; a log and an addition per sum."""
    return Cost(other_flops=4 * self.numel + 2 * out.numel)


@formula("aten.aminmax", "aten._aminmax")
def aminmax(self: TensorSpec) -> Cost:
    """Two comparisons per element."""
    return Cost(other_flops=2 * self.numel)


@formula("aten.count_nonzero")
def count_nonzero(self: TensorSpec) -> Cost:
    """A comparison and an addition per element."""
    return Cost(other_flops=2 * self.numel)


@formula(
    "aten.cumsum",
    "aten.cumprod",
    "aten.cummax",
    "aten.cummin",
    "aten._cummax_helper",
    "aten._cummin_helper",
    "aten._is_all_true",
    "aten._is_any_true",
    "aten.histc",
    "aten.histogram",
    "aten.bincount",
    "aten._sparse_sum",
    "aten._sparse_csr_sum",
    "aten._sparse_csr_prod",
    "aten.hash_tensor",
)
def one_per_element(self: TensorSpec) -> Cost:
    """One addition, product or comparison per element."""
    return Cost(other_flops=self.numel)


@formula("aten.logcumsumexp", "aten._logcumsumexp")
def logcumsumexp(self: TensorSpec) -> Cost:
    """``log(exp(a) + exp(b))`` per element: 4."""
    return Cost(other_flops=4 * self.numel)


@formula("aten.native_norm")
def native_norm(self: TensorSpec, out: TensorSpec) -> Cost:
    """A square and an addition per element, and a root."""
    return Cost(other_flops=2 * self.numel + out.numel)


@formula("aten.renorm")
def renorm(self: TensorSpec, dim: int) -> Cost:
    """A norm per slice, its comparison and quotient with the largest allowed, and the scaling."""
    return Cost(other_flops=3 * self.numel + 3 * self.shape[dim])


@formula("aten.isin")
def isin(elements: TensorSpec | None = None, test_elements: TensorSpec | None = None) -> Cost:
    """A binary search of every element among the sorted test elements, and their sort."""
    asked = elements.numel if elements is not None else 1
    among = test_elements.numel if test_elements is not None else 1
    return Cost(other_flops=(asked + among) * max(1, levels(among)))


@formula("aten.dist")
def dist(self: TensorSpec, out: TensorSpec, p: float = 2) -> Cost:
    """A subtraction per element and the norm of the differences."""
    return Cost(other_flops=self.numel) + vector_norm(self, out, p)


@formula("aten.trace")
def trace(self: TensorSpec) -> Cost:
    """One addition per element of the diagonal."""
    return Cost(other_flops=min(self.shape))


@formula("aten.sort", "aten.argsort")
def sort(self: TensorSpec, dim: int = -1) -> Cost:
    """A merge sort's comparisons: ceil(log2 n) per element of a row of n."""
    return Cost(other_flops=self.numel * levels(_length(self, dim)))


@formula("aten.topk", "aten.kthvalue")
def topk(self: TensorSpec, k: int) -> Cost:
    """Every element is compared with a heap of the k best: ceil(log2 k), at least 1."""
    return Cost(other_flops=self.numel * max(1, levels(k)))


@formula("aten.median", "aten.nanmedian", "aten.mode")
def median(self: TensorSpec, dim: int | None = None) -> Cost:
    """By sorting: see :func:`sort`."""
    length = self.numel if dim is None else _length(self, dim)
    return Cost(other_flops=self.numel * levels(length))


@formula("aten._unique", "aten._unique2", "aten.unique_dim")
def unique(self: TensorSpec) -> Cost:
    """A sort of all elements, then one comparison of each with the one before."""
    return Cost(other_flops=self.numel * (levels(self.numel) + 1))


@formula("aten.unique_consecutive", "aten.unique_dim_consecutive")
def unique_consecutive(self: TensorSpec) -> Cost:
    """One comparison of each element with the one before."""
    return Cost(other_flops=self.numel)


@formula("aten.searchsorted")
def searchsorted(sorted_sequence: TensorSpec, out: TensorSpec) -> Cost:
    """A binary search per output: ceil(log2 n) comparisons."""
    return Cost(other_flops=out.numel * levels(_length(sorted_sequence, -1)))


@formula("aten.bucketize")
def bucketize(boundaries: TensorSpec, out: TensorSpec) -> Cost:
    """A binary search per output: ceil(log2 n) comparisons."""
    return Cost(other_flops=out.numel * levels(boundaries.numel))


def levels(count: int) -> int:
    """ceil(log2 count): how often a range of ``count`` can be halved."""
    return (count - 1).bit_length() if count > 0 else 0


def _length(tensor: TensorSpec, dim: int) -> int:
    return tensor.shape[dim] if tensor.ndim else 1
