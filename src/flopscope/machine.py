"""What a machine allows: as measured on it, as its vendor rates it, or as a user says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flopscope.devices import Device
from flopscope.measurements import Bandwidth, Peaks
from flopscope.roofline import Limits

RATED_DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "int8"),
    *("float8_e4m3fn", "float8_e5m2"),
)
"""Types of matrices that a vendor may give a rate for."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The denominator of every share: how fast a machine computes and moves data at most.

    Attributes:
        name: the device's own name.
        origin: where the figures are from: ``"measured"``, ``"datasheet"``, ``"given"``.
        flops_per_second: of products of matrices, by dtype.
        bandwidths: by the bytes of a stream, smallest first; one alone holds for all.
        seconds_per_call: what it takes to start one operator, or None where that is unknown.
    """

    name: str
    origin: str
    flops_per_second: Mapping[str, float] = field(default_factory=dict)
    bandwidths: tuple[Bandwidth, ...] = ()
    seconds_per_call: float | None = None

    def bytes_per_second(self, nbytes: int) -> float | None:
        """The best rate at which so many bytes, or more, are moved: caches help small work."""
        if not self.bandwidths:
            return None
        larger = [each for each in self.bandwidths if each.nbytes >= nbytes]
        return max(each.bytes_per_second for each in larger or self.bandwidths[-1:])

    def limits(self, dtype: str, nbytes: int) -> Limits:
        """What it allows work on a type that moves so many bytes."""
        return Limits(
            self.flops_per_second.get(dtype), self.bytes_per_second(nbytes), self.seconds_per_call
        )


def measured(peaks: Peaks) -> Machine:
    """A machine as it was measured."""
    return Machine(
        peaks.device_name,
        "measured",
        peaks.flops_per_second,
        peaks.bandwidths,
        peaks.seconds_per_call,
    )


def rated(device: Device) -> Machine:
    """A machine as its vendor rates it: dense products of matrices and memory."""
    peaks = {dtype: device.matrix_peak(dtype) for dtype in RATED_DTYPES}
    return Machine(
        device.name,
        "datasheet",
        {dtype: peak.flops_per_second for dtype, peak in peaks.items() if peak is not None},
        (Bandwidth(0, device.bytes_per_second),),
    )


def given(
    machine: Machine | None, peak: float | None, bandwidth: float | None, dtype: str
) -> Machine | None:
    """A machine with what a user says of it in the place of what is known.

    Args:
        machine: what is known, or None.
        peak: FLOP/s of products of matrices of the dtype, or None.
        bandwidth: B/s of its memory, or None.
        dtype: torch's name of the type that the peak is of.
    """
    if peak is None and bandwidth is None:
        return machine
    known = machine or Machine("this machine", "given")
    rates = {**known.flops_per_second, **({} if peak is None else {dtype: peak})}
    streams = known.bandwidths if bandwidth is None else (Bandwidth(0, bandwidth),)
    return replace(known, origin="given", flops_per_second=rates, bandwidths=streams)
