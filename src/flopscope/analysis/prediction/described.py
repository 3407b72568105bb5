"""Devices that the table doesn't have: by the figures that somebody gives, or measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median

from flopscope.devices import Arithmetic, Device, devices
from flopscope.devices.arithmetic import matrix_arithmetic
from flopscope.errors import UsageError

GIVEN = "given device"


def given_device(
    peak: float, bandwidth: float, memory: float | None, dtype: str, name: str = GIVEN
) -> Device:
    """A device by its figures.

    Args:
        peak: FLOP/s of matrix products of the dtype.
        bandwidth: B/s of its memory.
        memory: bytes of it, or None where that is unknown.
        dtype: torch's name of the type that the peak is of.
        name: what to call it.

    Raises:
        UsageError: no device is rated in that type.
    """
    kinds = matrix_arithmetic(dtype)
    if not kinds:
        raise UsageError(f"no device is rated in {dtype}", hint="give another --dtype")
    rates: Mapping[Arithmetic, float] = {kinds[-1] if dtype == "float32" else kinds[0]: peak}
    return Device(
        name=name,
        vendor="",
        patterns=(),
        flops_per_second=rates,
        bytes_per_second=bandwidth,
        memory_bytes=() if memory is None else (int(memory),),
        source="given",
    )


def completed(device: Device) -> tuple[Device, tuple[str, ...]]:
    """A device with rates of float16 and float32, and how it got those that it lacked.

    One that is rated in bfloat16 alone is taken to be as fast in float16. The rate of float32,
    without which nothing is predicted, is taken from the best known one, by what the median of the
    table's devices makes of its own.
    """
    rates, assumed = dict(device.flops_per_second), []
    if device.matrix_peak("float16") is None and "bf16_matrix" in rates:
        rates["fp16_matrix"] = rates["bf16_matrix"]
        assumed.append("its rate of float16 is not known: taken to be that of bfloat16")
    kind = next((kind for kind in MATRICES if kind in rates), None)
    if device.vector_peak("float32") is None and kind is not None:
        ratio = _vector_share(kind)
        rates["fp32_vector"] = ratio * rates[kind]
        assumed.append(
            f"its rate of float32 is not known: {ratio:.3g} of its {kind}, as of the median device"
        )
    return (replace(device, flops_per_second=rates) if assumed else device), tuple(assumed)


MATRICES: tuple[Arithmetic, ...] = ("fp16_matrix", "bf16_matrix", "tf32_matrix", "fp8_matrix")
"""Kinds of arithmetic, from which the rate of float32 may be guessed."""


def _vector_share(kind: Arithmetic) -> float:
    """The rate of float32 by that of a kind of matrix product, of the median device."""
    return median(
        device.flops_per_second["fp32_vector"] / device.flops_per_second[kind]
        for device in devices()
        if {"fp32_vector", kind} <= device.flops_per_second.keys()
    )
