"""The three times of a prediction in words: floor, roofline, estimate and how far to trust that."""

from __future__ import annotations

from collections.abc import Mapping

from flopscope.analysis.prediction.fitted import UNMEASURED, Tier
from flopscope.analysis.prediction.reservations import WIDENED
from flopscope.analysis.prediction.workload import Outlook
from flopscope.report.fitting import align
from flopscope.report.summary import Fact
from flopscope.units import format_quantity

TIERS: Mapping[Tier, str] = {
    "calibrated": "calibrated on this device",
    "fitted": "the constants were fitted to models measured on this device",
    "datasheet": "known by its datasheet alone; the constants are from other devices",
    "uncalibrated": "uncalibrated: no model was measured on a device like it",
}
"""How well a device is known."""


def three_times(outlook: Outlook) -> tuple[Fact, ...]:
    """The floor, the roofline and the estimate on a device, each with its assumption."""
    prediction, workload = outlook.prediction, outlook.workload
    stream = prediction.stream
    seconds = align(
        [
            format_quantity(each, "s")
            for each in (stream.floor_seconds, stream.roofline_seconds, prediction.seconds)
        ]
    )
    products = _products(outlook)
    moved = format_quantity(prediction.device.bytes_per_second, "B/s")
    fused = "as they are fused" if workload.variant == "compiled" else "nothing fused"
    forward = "the forward pass alone: " if workload.variant == "training" else ""
    floor = (
        f"{forward}no kernels are faster at {products} and {moved}: all"
        " products, or inputs, weights and outputs moved once"
    )
    said = (
        floor,
        f"{forward}each kernel at these rates, one after the other, {fused}",
        band_in_words(outlook),
    )
    labels = ("floor", "roofline", "estimate")
    return tuple(
        Fact(label, (f"{time}  {words}",))
        for label, time, words in zip(labels, seconds, said, strict=True)
    )


def _products(outlook: Outlook) -> str:
    """The rate of products; of a type that the device has no units for, that of its vectors."""
    device, dtype = outlook.prediction.device, outlook.workload.dtype
    peak = device.matrix_peak(dtype)
    if peak is not None:
        return f"{format_quantity(peak.flops_per_second, 'FLOP/s')} of {dtype}"
    vector = device.vector_peak("float32")
    assert vector is not None  # else nothing was predicted
    return f"{format_quantity(vector.flops_per_second, 'FLOP/s')} of float32, for {dtype}"


def band_in_words(outlook: Outlook) -> str:
    """How far the estimate is to be trusted, and on what grounds."""
    prediction = outlook.prediction
    tier = TIERS[prediction.tier]
    low, high = prediction.low_seconds, prediction.high_seconds
    if low is None or high is None:
        return f"without a band, for which see the warning ({tier})"
    between = f"{_seconds(low)} to {_seconds(high)}"
    if prediction.band in (UNMEASURED, WIDENED):
        return f"perhaps {between}, a guess that no measurement backs ({tier})"
    return f"{between} in 9 of 10 cases ({tier})"


def _seconds(seconds: float) -> str:
    return format_quantity(seconds, "s")
