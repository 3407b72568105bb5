"""A row of the table of devices as the rates that a prediction reckons with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flopscope.analysis.prediction.laws import Rates
from flopscope.devices import Device

RATED = ("float64", "float32", "tf32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")
HALVES = frozenset({"fp16_matrix", "bf16_matrix"})
THREADS_PER_MULTIPROCESSOR = 1536
"""Of NVIDIA's GPUs from Ampere on, but for data centres, whose 2048 make no difference here."""
TERA = 1e12


@dataclass(frozen=True, slots=True)
class Scalars:
    """What a device does beside what its rates say, as measured on it by ``flopscope calibrate``.

    Attributes:
        compute: by which its rates of arithmetic are multiplied.
        bandwidth: by which that of its memory is.
    """

    compute: float = 1.0
    bandwidth: float = 1.0


@dataclass(frozen=True, slots=True)
class Sustaining:
    """How much of its rated matrix products a device keeps up, where nobody has measured that.

    A device with fewer watts for each of its TFLOP/s has to lower its clocks. Fitted to the devices
    of the table whose sustained rates are published.

    Attributes:
        share: at 1 W for each TFLOP/s of halves.
        exponent: of the watts for each TFLOP/s.
    """

    share: float
    exponent: float

    def of(self, device: Device) -> tuple[float, str]:
        """The share of its peak that a device sustains, and where that is from."""
        published = published_share(device)
        if published is not None:
            by = ", ".join(dict.fromkeys(rate.by for rate in device.sustained))
            return published, f"published by {by}"
        watts = watts_per_teraflops(device)
        if watts is None:
            return 1.0, "the datasheet's peak"
        return self.share * watts**self.exponent, "estimated from its watts"


def watts_per_teraflops(device: Device) -> float | None:
    """Its power by its peak of products of halves, in W for each TFLOP/s.

    None where either is unknown, and where halves run on the units for vectors, as on a P100.
    """
    peak = device.matrix_peak("float16") or device.matrix_peak("bfloat16")
    if device.watts is None or peak is None or "matrix" not in peak.arithmetic:
        return None
    return device.watts / (peak.flops_per_second / TERA)


def published_share(device: Device) -> float | None:
    """The least that was measured of products of halves, by the peak; None if nothing was.

    The least, since short runs measure clocks that a device does not keep up.
    """
    shares = [
        rate.flops_per_second / device.flops_per_second[rate.arithmetic]
        for rate in device.sustained
        if rate.arithmetic in HALVES and rate.arithmetic in device.flops_per_second
    ]
    return min(shares, default=None)


def rates_of(device: Device, sustaining: Sustaining, scalars: Scalars = Scalars()) -> Rates | None:
    """The rates of a device, or None where its datasheet leaves out what every prediction needs."""
    vector = device.vector_peak("float32")
    if vector is None:
        return None
    share = sustaining.of(device)[0] * scalars.compute
    peaks = {dtype: device.matrix_peak(dtype) for dtype in RATED}
    matrix: Mapping[str, float] = {
        dtype: peak.flops_per_second * (share if "matrix" in peak.arithmetic else scalars.compute)
        for dtype, peak in peaks.items()
        if peak is not None
    }
    return Rates(
        matrix=matrix,
        vector=vector.flops_per_second * scalars.compute,
        bytes_per_second=device.bytes_per_second * scalars.bandwidth,
        cache_nbytes=device.cache_bytes or 0,
        threads=(device.multiprocessors or 0) * THREADS_PER_MULTIPROCESSOR,
    )
