"""What a run's device does at most: found, named, or given."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from flopscope.devices import Device, typed_device
from flopscope.errors import UsageError
from flopscope.machine import Machine, given, rated
from flopscope.measure.hardware import device_name
from flopscope.measure.limits import known_machine


@dataclass(frozen=True, slots=True)
class Limit:
    """What a user says of the device.

    Attributes:
        device: which one it is, or None for what its driver says.
        peak: FLOP/s that it does at most, or None for what is known of it.
    """

    device: Device | None = None
    peak: float | None = None


def limit_of(device: str | None, peak: float | None) -> Limit:
    """The limit that a device's name and a peak say, each of them or none.

    Raises:
        UsageError: there is no such device, or the peak is not positive.
    """
    if peak is not None and peak <= 0:
        raise UsageError(f"a peak of {peak} FLOP/s is none", hint="give a positive number")
    return Limit(None if device is None else typed_device(device), peak)


@dataclass(frozen=True, slots=True)
class Attainable:
    """The peak rate of one type of numbers, and who says so; None where nobody does."""

    flops_per_second: float | None
    source: str


class Ceiling:
    """What the device of a run does at most, looked up once for each type of numbers."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._known: dict[tuple[torch.device, str], Attainable] = {}

    def of(self, where: torch.device, dtype: str) -> Attainable:
        """The peak on a type; without a rate, the source is why."""
        key = where, dtype
        if key not in self._known:
            self._known[key] = _attainable(self._limit, where, dtype)
        return self._known[key]


def _attainable(limit: Limit, where: torch.device, dtype: str) -> Attainable:
    name = limit.device.name if limit.device else device_name(where)
    known = rated(limit.device) if limit.device else _found(where, name)
    machine = given(known, limit.peak, None, dtype)
    peak = None if machine is None else machine.flops_per_second.get(dtype)
    if machine is None or peak is None:
        return Attainable(
            None,
            f"no MFU: the peak of {name} in {dtype} is not known; `flopscope device` measures it"
            " once, peak= and device= say it",
        )
    is_given = limit.peak is not None
    return Attainable(peak, "as given" if is_given else f"{machine.origin}, {machine.name}")


def _found(where: torch.device, name: str) -> Machine | None:
    return known_machine(str(where), name, torch.get_num_threads())
