"""Resampling of images: weighted sums of neighbours.

Along an axis, positions and weights depend on sizes alone and serve every channel: like all index
arithmetic they are not counted. Those of grid samplers come from data and are.
"""

from __future__ import annotations

from flopscope.costs import Cost, formula, declare_free
from flopscope.records import TensorSpec

LERP = 3
"""``a + t * (b - a)``."""

declare_free(
    f"aten.{name}{rank}d"
    for name in ("upsample_nearest", "_upsample_nearest_exact")
    for rank in (1, 2, 3)
)


@formula("aten.upsample_linear1d")
def upsample_linear(out: TensorSpec) -> Cost:
    """One linear interpolation per output: 3."""
    return Cost(other_flops=LERP * out.numel)


@formula("aten.upsample_bilinear2d")
def upsample_bilinear(out: TensorSpec) -> Cost:
    """Two interpolations along x and one along y per output: 9."""
    return Cost(other_flops=3 * LERP * out.numel)


@formula("aten.upsample_trilinear3d")
def upsample_trilinear(out: TensorSpec) -> Cost:
    """Four interpolations along x, two along y and one along z per output: 21."""
    return Cost(other_flops=7 * LERP * out.numel)


@formula("aten.upsample_bicubic2d")
def upsample_bicubic(out: TensorSpec) -> Cost:
    """Weighted sums of four, 8 each: four along x and one along y per output, 40."""
    return Cost(other_flops=5 * 8 * out.numel)
