"""Resizing of images: weighted sums of neighbours.

Along an axis, positions and weights depend on sizes alone and serve every row and channel. Like all
index arithmetic they are not counted.
"""

from __future__ import annotations

import math
from functools import partial

from flopscope.costs import Cost, declare_free, formula
from flopscope.records import TensorSpec

LERP = 3
"""``a + t * (b - a)``."""

CUBIC_TAPS = 4

RESIZED_AXES = {"linear1d": 1, "bilinear2d": 2, "trilinear3d": 3}

NEAREST = [
    f"aten.{name}{rank}d"
    for name in ("upsample_nearest", "_upsample_nearest_exact")
    for rank in (1, 2, 3)
]

declare_free(NEAREST)


def linear(axes: int, out: TensorSpec) -> Cost:
    """1, 3 or 7 linear interpolations per output: 2 ** axes - 1, each ``a + t * (b - a)``."""
    return Cost(other_flops=LERP * (2**axes - 1) * out.numel)


def linear_backward(axes: int, grad_output: TensorSpec) -> Cost:
    """Every output's gradient, times a weight, is added to each of 2 ** axes neighbours."""
    return Cost(other_flops=2 * 2**axes * grad_output.numel)


for _name, _axes in RESIZED_AXES.items():
    formula(f"aten.upsample_{_name}")(partial(linear, _axes))
    formula(f"aten.upsample_{_name}_backward")(partial(linear_backward, _axes))


@formula("aten.upsample_bicubic2d")
def cubic(out: TensorSpec) -> Cost:
    """Sums of four products, 8 each: four along x and one along y per output, 40."""
    return Cost(other_flops=(CUBIC_TAPS + 1) * 2 * CUBIC_TAPS * out.numel)


@formula("aten.upsample_bicubic2d_backward")
def cubic_backward(grad_output: TensorSpec) -> Cost:
    """Every output's gradient, times a weight, is added to each of 16 neighbours."""
    return Cost(other_flops=2 * CUBIC_TAPS**2 * grad_output.numel)


@formula(*(f"{op}_backward" for op in NEAREST))
def nearest_backward(grad_output: TensorSpec) -> Cost:
    """Every output's gradient is added to the input it was copied from."""
    return Cost(other_flops=grad_output.numel)


def antialiased(reach: int, input: TensorSpec, out: TensorSpec) -> Cost:
    """A pass along x, then one along y: a product and a sum per neighbour.

    Args:
        reach: how many neighbours the filter has to either side when enlarging; shrinking by a
        factor
            widens it by that factor.
        input: the image resized from, (..., height, width).
        out: the image resized to.
    """
    return Cost(other_flops=_separable(reach, input.shape, out.shape))


def antialiased_backward(reach: int, grad_output: TensorSpec, input_size: tuple[int, ...]) -> Cost:
    """Both passes back: a product and a sum per neighbour."""
    return Cost(other_flops=_separable(reach, input_size, grad_output.shape))


for _name, _reach in {"bilinear2d": 1, "bicubic2d": 2, "lanczos2d": 3}.items():
    formula(f"aten._upsample_{_name}_aa")(partial(antialiased, _reach))
    formula(f"aten._upsample_{_name}_aa_backward")(partial(antialiased_backward, _reach))


def neighbours(reach: int, before: int, after: int) -> int:
    """Of all positions along an axis: those within the filter's reach, inside the image."""
    scale = before / after
    widened = reach * max(scale, 1.0)
    centres = (scale * (position + 0.5) for position in range(after))
    return sum(
        min(int(centre + widened + 0.5), before) - max(int(centre - widened + 0.5), 0)
        for centre in centres
    )


def _separable(reach: int, before: tuple[int, ...], after: tuple[int, ...]) -> int:
    *images, height, width = before
    new_height, new_width = after[-2:]
    along_x = height * neighbours(reach, width, new_width)
    along_y = new_width * neighbours(reach, height, new_height)
    return 2 * math.prod(images) * (along_x + along_y)
