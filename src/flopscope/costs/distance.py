"""Pairwise distances, by the matrix product or by the definition, as torch chooses."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec

MATMUL_ROWS = 25
"""cdist takes the matrix product for a set of more points (``cdist_impl`` in ATen)."""

ALWAYS_MATMUL, NEVER_MATMUL = 1, 2


@formula("aten.cdist", "aten._cdist_forward")
def pairwise_distances(
    x1: TensorSpec, x2: TensorSpec, out: TensorSpec, p: float = 2.0, compute_mode: int | None = None
) -> Cost:
    """Distances between all points of two sets of (points, channels)."""
    many = max(x1.shape[-2], x2.shape[-2]) > MATMUL_ROWS and compute_mode != NEVER_MATMUL
    if p == 2 and (many or compute_mode == ALWAYS_MATMUL):
        return euclidean_by_matmul(x1, x2, out)
    return Cost(other_flops=out.numel * distance(x1.shape[-1], p))


@formula("aten._euclidean_dist")
def euclidean_by_matmul(x1: TensorSpec, x2: TensorSpec, out: TensorSpec) -> Cost:
    """``sqrt(max(a . a - 2 a . b + b . b, 0))``.

    The products a . b are multiply-accumulates. Each norm squares and adds its channels, -2 scales
    the first set, and a pair takes two sums, a comparison and a root.
    """
    norms = 2 * (x1.numel + x2.numel) + x1.numel
    return Cost(out.numel * x1.shape[-1], norms + 4 * out.numel)


@formula("aten._pdist_forward")
def condensed_distances(self: TensorSpec, out: TensorSpec, p: float = 2) -> Cost:
    """Distances between the pairs of one set."""
    return Cost(other_flops=out.numel * distance(self.shape[-1], p))


@formula("aten._cdist_backward")
def pairwise_distances_backward(x1: TensorSpec, cdist: TensorSpec) -> Cost:
    """``g / d * (a - b)`` added to the first set: 3 per channel of every pair, and the quotient."""
    return Cost(other_flops=cdist.numel * (3 * x1.shape[-1] + 1))


@formula("aten._pdist_backward")
def condensed_distances_backward(self: TensorSpec, pdist: TensorSpec) -> Cost:
    """As :func:`pairwise_distances_backward`, and subtracted from the other point: 4."""
    return Cost(other_flops=pdist.numel * (4 * self.shape[-1] + 1))


def distance(channels: int, p: float) -> int:
    """FLOPs of one p-norm of a difference.

    Per channel: subtract; square, take the magnitude or compare; accumulate. p = 2 ends with a
    root, and p other than 0, 1, 2 and infinity takes a power per channel more and a root.
    """
    if p in (0, 1, math.inf):
        return 3 * channels
    return (3 if p == 2 else 4) * channels + 1
