"""Why an estimate is not to be trusted as far as those of the models that were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flopscope.analysis.prediction.fitted import UNMEASURED, Band, Tier, Variant
from flopscope.analysis.prediction.machines import watts_per_teraflops
from flopscope.analysis.prediction.prediction import UNCERTAIN, Stream
from flopscope.devices import Device
from flopscope.dtypes import BITS

UNCERTAIN_SHARE = 0.1
"""Of the time, what may be of kernels without a firm rule before the band is widened."""

LAUNCH_SHARE = 0.3
"""Of the time, what may go by in starting kernels before there is no estimate to trust."""

WIDENED = Band(0.4, 2.5)
"""The band of a stream with uncertain kernels: nothing was measured that would narrow it."""

POWER_LIMITED = 2.0
"""Watts for each TFLOP/s of halves below which a device may not keep its clocks up."""

HALVES = frozenset({"float16", "bfloat16"})
"""The types of products in the models that were measured."""

RECURRENT = frozenset({"aten.lstm", "aten.gru", "aten.rnn_tanh", "aten.rnn_relu"})
"""Operators that are priced as one kernel each, though their steps wait for one another."""

CUDA_VENDORS = frozenset({"NVIDIA", "AMD", ""})
"""Whose devices PyTorch knows as ``cuda``, where flopscope calibrate runs; ``""`` is unknown."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Why an estimate is not to be trusted as far as those of the models that were measured.

    Attributes:
        warning: to the reader.
        band: what is left of the band, or None where nothing is.
    """

    warning: str
    band: Band | None


def reservations_about(
    stream: Stream, device: Device, tier: Tier, variant: Variant
) -> Iterator[Reservation]:
    """What there is to say against trusting the estimate of a stream on a device."""
    if stream.launch_share > LAUNCH_SHARE:
        yield Reservation(
            f"asking for kernels and starting them takes {stream.launch_share:.0%} of the time:"
            " nothing was measured of such small batches, so read the floor and the roofline alone",
            None,
        )
    if recurrent := _recurrent(stream):
        yield Reservation(
            f"the steps of {', '.join(recurrent)} run one after the other, and are reckoned as one"
            " kernel: long sequences may take many times as long",
            None,
        )
    elif stream.unknown_share > UNCERTAIN_SHARE:
        yield Reservation(
            f"{stream.unknown_share:.0%} of the time is of operators whose time is hardly known"
            f" ({', '.join(_most_uncertain(stream))}): it may be off by a factor of {WIDENED.high}",
            WIDENED,
        )
    if _is_unrated(stream, device):
        yield Reservation(
            f"its rate of {_product_type(stream)} is not known, and that of float32 stands for it:"
            " products may take many times as long",
            None,
        )
    elif _product_type(stream) not in HALVES:
        yield Reservation(
            f"products run in {_product_type(stream)}, and the constants are from models in"
            " halves: it may be off by a factor of 2",
            UNMEASURED,
        )
    if variant == "training" and _last_share(stream) > UNCERTAIN_SHARE:
        yield Reservation(
            "steps of training with channels last were measured on torch 1.12 alone, where some"
            " models took two to five times what is predicted",
            UNMEASURED,
        )
    if tier == "uncalibrated":
        helps = "; flopscope calibrate, run on one, narrows that"
        yield Reservation(
            f"{unlike_measured(device)}: it may be off by a factor of 2"
            f"{helps if device.vendor in CUDA_VENDORS else ''}",
            UNMEASURED,
        )


def unlike_measured(device: Device) -> str | None:
    """Why what was measured on other devices may not hold for one, or None where it should."""
    watts = watts_per_teraflops(device)
    if device.vendor != "NVIDIA":
        return "no model was measured on a device of this kind"
    if device.matrix_peak("bfloat16") is None:
        return "models were measured on later generations, which run other kernels"
    if watts is None:
        return "it is not known whether it keeps up its clocks"
    if watts < POWER_LIMITED:
        return (
            "no model was measured on a device with so few watts for its peak, which may lower its"
            " clocks"
        )
    return None


def _recurrent(stream: Stream) -> tuple[str, ...]:
    """The recurrent operators that run."""
    ops = (each.launch.operation.op for each in stream.timed)
    return tuple(dict.fromkeys(op for op in ops if op in RECURRENT))


def _is_unrated(stream: Stream, device: Device) -> bool:
    """Whether the rate of float32 stands for that of products in a wider type."""
    dtype = _product_type(stream)  # which may be tf32, that nothing is stored in
    return BITS.get(dtype, 0) > BITS["float32"] and device.matrix_peak(dtype) is None


def _product_type(stream: Stream) -> str:
    """The type that most of the time of products is in; that of halves where there are none."""
    seconds: dict[str, float] = {}
    for each in stream.timed:
        if each.launch.kernel.macs:
            dtype = each.launch.kernel.dtype
            seconds[dtype] = seconds.get(dtype, 0.0) + each.seconds
    return max(seconds, key=lambda dtype: seconds[dtype], default="float16")


def _most_uncertain(stream: Stream) -> Sequence[str]:
    """The operators that most of the uncertain time is of."""
    uncertain = {
        each.launch.operation.op for each in stream.timed if each.launch.kernel.kind in UNCERTAIN
    }
    parts = stream.by(lambda launch: launch.operation.op)
    return [part.name for part in parts if part.seconds and part.name in uncertain][:3]


def _last_share(stream: Stream) -> float:
    """Of the time, what is of convolutions with channels last."""
    return stream.share(lambda each: each.launch.kernel.kind.endswith(" last"))
