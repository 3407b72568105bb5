"""A model's time on a device as it is told: floor, roofline, estimate, and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flopscope.analysis.prediction.fitted import (
    Band,
    Fitted,
    Tier,
    Variant,
    fitted,
)
from flopscope.analysis.prediction.machines import (
    Scalars,
    Sustaining,
    rates_of,
)
from flopscope.analysis.prediction.prediction import Stream, priced
from flopscope.analysis.prediction.reservations import reservations_about, unlike_measured
from flopscope.analysis.prediction.stream import Launch
from flopscope.devices import Device
from flopscope.errors import InputError
from flopscope.records import Trace


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model takes on a device.

    Attributes:
        device: which.
        variant: what is run of it.
        stream: its kernels, floor, roofline and estimate, in seconds.
        tier: how well the device is known.
        band: of the estimate, or None where no estimate can be trusted.
        sustains: what is assumed of its peak of matrix products, and why.
        warnings: why the band is wide, or is not there.
    """

    device: Device
    variant: Variant
    stream: Stream
    tier: Tier
    band: Band | None
    sustains: str
    warnings: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """The estimate."""
        return self.stream.seconds

    @property
    def low_seconds(self) -> float | None:
        return None if self.band is None else self.seconds * self.band.low

    @property
    def high_seconds(self) -> float | None:
        return None if self.band is None else self.seconds * self.band.high


def predict(
    trace: Trace,
    device: Device,
    *,
    scalars: Scalars | None = None,
    variant: Variant = "eager",
    fit: Fitted | None = None,
    launched: Iterable[Launch] | None = None,
) -> Prediction:
    """The time of a trace on a device.

    Args:
        trace: of the stream ``"device:cuda"``, at the batch that is meant.
        device: a row of the table of devices.
        scalars: what ``flopscope calibrate`` found on it, or None.
        variant: what is run of it.
        fit: the constants, or None for those that ship.
        launched: its kernels in that variant, by ``launched_in``, for several devices or runs.

    Raises:
        InputError: the datasheet of the device leaves out its rate of fp32.
    """
    fit = fit or fitted()
    plain = Sustaining(1.0, 0.0)
    rates = rates_of(device, fit.sustaining, scalars or Scalars())
    rated = rates_of(_as_rated(device), plain)
    if rates is None or rated is None:
        raise InputError(f"{device.name} is not rated in fp32", hint="give another device")
    stream = priced(trace, rates, rated, fit, variant, launched)
    tier = tier_of(device, fit, scalars)
    measured = fit.band(variant, tier)
    reservations = tuple(reservations_about(stream, device, tier, variant))
    share, source = fit.sustaining.of(device)
    return Prediction(
        device,
        variant,
        stream,
        tier,
        _widest([measured, *(each.band for each in reservations)]),
        f"{share:.0%} of its peak of matrix products ({source})",
        tuple(each.warning for each in reservations),
    )


def tier_of(device: Device, fit: Fitted, scalars: Scalars | None = None) -> Tier:
    """How well a device is known."""
    if scalars is not None:
        return "calibrated"
    if device.name in fit.devices:
        return "fitted"
    return "datasheet" if unlike_measured(device) is None else "uncalibrated"


def _widest(bands: Sequence[Band | None]) -> Band | None:
    """What holds all of some bands, or None where one of them is not there."""
    known = [band for band in bands if band is not None]
    if len(known) < len(bands):
        return None
    return Band(min(band.low for band in known), max(band.high for band in known))


def _as_rated(device: Device) -> Device:
    return replace(device, sustained=(), watts=None)
