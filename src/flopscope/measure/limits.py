"""A device to what is known of its limits: as it was measured before, or as its vendor rates it."""

from __future__ import annotations

from flopscope.devices import reported_device
from flopscope.machine import Machine, measured, rated
from flopscope.measure.peak_cache import cached_peaks


def known_machine(device: str, device_name: str, threads: int) -> Machine | None:
    """The machine, or None where neither was it measured nor is it in the table.

    Args:
        device: as torch calls it: ``"cpu"``, ``"cuda:0"``.
        device_name: the processor's or the card's own name.
        threads: torch's threads within an operator.
    """
    peaks = cached_peaks(device, threads)
    if peaks is not None:
        return measured(peaks)
    device_rated = reported_device(device_name)
    return None if device_rated is None else rated(device_rated)
