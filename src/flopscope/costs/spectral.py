"""Fourier transforms by the customary count of 5 N log2 N real operations.

That is what radix-2 takes and what the FFTW authors rate every transform by, whatever its length
(http://www.fftw.org/speed/method.html); half of it where one side is real.
"""

from __future__ import annotations

import math

from flopscope.costs import Cost, formula
from flopscope.records import TensorSpec


@formula("aten._fft_c2c")
def fft(self: TensorSpec, dim: tuple[int, ...], normalization: int) -> Cost:
    """Complex to complex: 5 N log2 N, and 2 per complex number to normalise."""
    return Cost(other_flops=_transform(5.0, self, dim) + 2 * self.numel * (normalization != 0))


@formula("aten._fft_r2c")
def real_fft(self: TensorSpec, dim: tuple[int, ...], normalization: int, out: TensorSpec) -> Cost:
    """Real to complex: 2.5 N log2 N, and 2 per complex output to normalise."""
    return Cost(other_flops=_transform(2.5, self, dim) + 2 * out.numel * (normalization != 0))


@formula("aten._fft_c2r")
def inverse_real_fft(dim: tuple[int, ...], normalization: int, out: TensorSpec) -> Cost:
    """Complex to real: 2.5 N log2 N, and 1 per output to normalise."""
    return Cost(other_flops=_transform(2.5, out, dim) + out.numel * (normalization != 0))


def _transform(factor: float, points: TensorSpec, dim: tuple[int, ...]) -> int:
    length = math.prod(points.shape[axis] for axis in dim)
    return round(factor * points.numel * math.log2(length)) if length else 0
