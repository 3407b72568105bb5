"""Grid samplers: images read at positions that come from data, whose arithmetic counts too."""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec

LINEAR, NEAREST, CUBIC = 0, 1, 2
"""torch's numbers for the interpolation modes."""

UNNORMALISE = 4
"""``((x + 1) * size - 1) / 2``."""

CUBIC_WEIGHTS = 2 * 5 + 2 * 6 + 3
"""Two inner weights ``(a * x - b) * x * x + 1``, two outer cubics, three distances."""


@formula("aten.grid_sampler_2d", "aten._grid_sampler_2d_cpu_fallback", "aten.grid_sampler_3d")
def grid_sampler(grid: TensorSpec, interpolation_mode: int, out: TensorSpec) -> Cost:
    """Positions and weights once per grid point, a weighted sum of neighbours per output.

    Along an axis a coordinate takes 4 to unnormalise and 1 to round or floor. Linear: two distances
    per axis, and axes - 1 products for each of the 2**axes corners' weights. Cubic: a distance and
    the weights. A neighbour is a product and a sum; cubic sums run along x for four rows, then
    along y.
    """
    axes = grid.shape[-1]
    points = math.prod(grid.shape[:-1])
    return Cost(
        other_flops=points * _per_point(interpolation_mode, axes)
        + out.numel * _per_output(interpolation_mode, axes)
    )


@formula("aten.cudnn_grid_sampler")
def grid_sampler_bilinear(grid: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`grid_sampler`, bilinear."""
    return grid_sampler(grid, LINEAR, out)


def _per_point(mode: int, axes: int) -> int:
    """FLOPs of one point's position and weights."""
    if mode == NEAREST:
        return axes * (UNNORMALISE + 1)
    if mode == CUBIC:
        return axes * (UNNORMALISE + 2 + CUBIC_WEIGHTS)
    corners: int = 2**axes
    return axes * (UNNORMALISE + 3) + (axes - 1) * corners


def _per_output(mode: int, axes: int) -> int:
    """FLOPs of one channel's weighted sum."""
    if mode == NEAREST:
        return 0
    return 2 * (4 + 1) * 4 if mode == CUBIC else 2 * 2**axes


@formula("aten.affine_grid_generator")
def affine_grid(theta: TensorSpec, out: TensorSpec) -> Cost:
    """Every grid position, with a one appended, times its sample's matrix."""
    return Cost(out.numel * theta.shape[-1])


@formula("aten.cudnn_affine_grid_generator")
def affine_grid_cudnn(theta: TensorSpec, out: TensorSpec) -> Cost:
    """As :func:`affine_grid`."""
    return affine_grid(theta, out)


@formula(
    "aten.grid_sampler_2d_backward",
    "aten.grid_sampler_3d_backward",
    "aten._grid_sampler_2d_cpu_fallback_backward",
)
def grid_sampler_backward(
    grad_output: TensorSpec,
    grid: TensorSpec,
    interpolation_mode: int,
    output_mask: tuple[bool, bool] = (True, True),
) -> Cost:
    """Positions and weights again, and per output element two gradients.

    The image's adds ``g * weight`` to every neighbour, 2 each. The grid's adds, for every axis and
    neighbour, ``g * value * weights of the other axes``, 3 each.
    """
    for_input, for_grid = output_mask
    axes = grid.shape[-1]
    neighbours = {LINEAR: 2**axes, NEAREST: 1, CUBIC: 4**axes}[interpolation_mode]
    smooth = interpolation_mode != NEAREST
    per_element = neighbours * (2 * for_input + 3 * axes * (for_grid and smooth))
    points = math.prod(grid.shape[:-1]) * _per_point(interpolation_mode, axes)
    return Cost(other_flops=points + grad_output.numel * per_element)


@formula("aten.cudnn_grid_sampler_backward")
def grid_sampler_bilinear_backward(grad_output: TensorSpec, grid: TensorSpec) -> Cost:
    """As :func:`grid_sampler_backward`, bilinear."""
    return grid_sampler_backward(grad_output, grid, LINEAR)
