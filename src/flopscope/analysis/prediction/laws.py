"""How long a kernel takes on a device: one law for all kinds, with constants of their own.

The arithmetic is that of numbers or of arrays of them, so that a fit uses these very functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from flopscope.analysis.prediction.kernel import Kernel

Units: TypeAlias = Literal["matrix", "vector"]

SHARED = "shared"
"""The group of constants that hold for kernels of every kind."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What a device offers, by its datasheet or as calibrated.

    Attributes:
        matrix: FLOP/s of products of matrices, by torch's name of their type.
        vector: FLOP/s of other arithmetic.
        bytes_per_second: of its memory.
        cache_nbytes: of its last cache, or 0 where that is unknown.
        threads: how many it runs at once, or 0 where that is unknown.
    """

    matrix: Mapping[str, float]
    vector: float
    bytes_per_second: float
    cache_nbytes: int = 0
    threads: int = 0

    def flops_per_second(self, units: Units, dtype: str) -> float:
        """Of products of matrices of a type, or else of the units for vectors."""
        return self.vector if units == "vector" else self.matrix.get(dtype, self.vector)


@dataclass(frozen=True, slots=True)
class Constants:
    """Fitted or prior values, by group and name.

    Attributes:
        groups: of each kind of kernel, and the shared ones, their values by name.
        units: by kind, which units of a device compute; none of those that only move data.
    """

    groups: Mapping[str, Mapping[str, Any]]
    units: Mapping[str, Units]

    def shared(self, name: str) -> Any:
        """A constant that holds for all kinds."""
        return self.groups[SHARED][name]


def seconds(kernel: Kernel, device: Rates, constants: Constants) -> Any:
    """How long a kernel takes, from the end of the one before it.

    Both of its parts together, the second of which grows with waiting threads.
    """
    return overlapped(
        memory_seconds(kernel, device, constants),
        compute_seconds(kernel, device, constants),
        constants,
    )


def overlapped(memory: Any, compute: Any, constants: Constants) -> Any:
    """How long a kernel takes whose data takes so long to move, and its arithmetic so long.

    The longer of the two, rounded where they are alike, as a p-norm; and the start.
    """
    sharpness = constants.shared("overlap")
    both = memory + compute  # by which to divide, lest powers of so little time vanish
    busy = both * ((memory / both) ** sharpness + (compute / both) ** sharpness) ** (1 / sharpness)
    return busy + constants.shared("launch_seconds")


def memory_seconds(kernel: Kernel, device: Rates, constants: Constants) -> Any:
    """How long moving its data takes: less of what fits into the cache, more out of order."""
    own = constants.groups[kernel.kind]
    touched = kernel.nbytes + own.get("scattered", 0) * kernel.scattered_nbytes
    elapsed = touched / (device.bytes_per_second * own["bandwidth"])
    if not device.cache_nbytes:
        return elapsed
    filled = kernel.nbytes / (constants.shared("cache_share") * device.cache_nbytes)
    return elapsed * (constants.shared("cached") + filled) / (1 + filled)


def compute_seconds(kernel: Kernel, device: Rates, constants: Constants) -> Any:
    """How long its arithmetic takes, padded to whole tiles, or its steps one after another."""
    own = constants.groups[kernel.kind]
    elapsed = kernel.serial_steps * constants.shared("serial_seconds") * _turns(kernel, device)
    if "work" in own:
        steps = own["work"] * kernel.elements + own["row_work"] * kernel.rows
        return elapsed + steps / device.vector
    units = constants.units.get(kernel.kind)
    if units is None:
        return elapsed
    flops = 2 * kernel.macs * kernel.padding
    flops = flops * (1 + own.get("misaligned", 0) * kernel.is_misaligned)
    flops = flops * (1 + own.get("tiles", 0) * kernel.tile_waste)
    for side, size in (
        ("pad_rows", kernel.rows),
        ("pad_columns", kernel.columns),
        ("pad_depth", kernel.depth),
    ):
        if side in own:
            flops = flops * (1 + own[side] / size)
    return elapsed + flops / (device.flops_per_second(units, kernel.dtype) * own["rate"])


def _turns(kernel: Kernel, device: Rates) -> Any:
    """How many groups of threads have to wait for one another."""
    return 1 + kernel.rows / device.threads if device.threads else 1


def whole_seconds(kernels_seconds: Any, kernels: Any, constants: Constants) -> Any:
    """How long a stream takes whose kernels take so long: not less than asking for them does."""
    asked = kernels * constants.shared("dispatch_seconds")
    return (kernels_seconds**HOST_SHARPNESS + asked**HOST_SHARPNESS) ** (1 / HOST_SHARPNESS)


HOST_SHARPNESS = 4
