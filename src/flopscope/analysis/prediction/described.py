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
    """A device with a rate of float32, without which nothing is predicted, and how it got it.

    Where it isn't known, it is taken from the device's best known rate, by the median of what the
    table's devices make of theirs.
    """
    if device.vector_peak("float32") is not None:
        return device, ()
    for kind in ("fp16_matrix", "bf16_matrix", "fp32_matrix", "tf32_matrix", "fp8_matrix"):
        if kind in device.flops_per_second:
            ratio = _vector_share(kind)
            rate = ratio * device.flops_per_second[kind]
            rates = {**device.flops_per_second, "fp32_vector": rate}
            assumed = (
                f"its rate of float32 is not known: {ratio:.3g} of its {kind}, as of the median"
                " device"
            )
            return replace(device, flops_per_second=rates), (assumed,)
    return device, ()


def _vector_share(kind: Arithmetic) -> float:
    """The rate of float32 by that of a kind of matrix product, of the median device."""
    return median(
        device.flops_per_second["fp32_vector"] / device.flops_per_second[kind]
        for device in devices()
        if {"fp32_vector", kind} <= device.flops_per_second.keys()
    )
