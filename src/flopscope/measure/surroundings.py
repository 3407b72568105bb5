"""What else a machine does while it measures: how busy it is, and how its clock runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

BUSY = 0.5
"""A load average, for each processor, above which others are taken to be computing, too."""

_FREQUENCY = Path("/sys/devices/system/cpu/cpu0/cpufreq")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The state of a machine before something is measured on it.

    Attributes:
        load: processes that want to run, averaged over a minute, for each processor; None where the
            system doesn't say.
        clock: its frequency and what governs it, in words, or "".
        notes: what a reader should be warned of, and the clock where it is known.
    """

    load: float | None = None
    clock: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._told())

    def _told(self) -> Iterator[str]:
        if self.load is not None and self.load > BUSY:
            yield f"the machine was busy: a load of {self.load:.1f} for each processor"
        if self.clock:
            yield self.clock


def surroundings(device: torch.device) -> Surroundings:
    """The state of the machine that a device is in, or of the card."""
    clock = _card_clock(device) if device.type == "cuda" else _processor_clock()
    return Surroundings(_load(), clock)


def _load() -> float | None:
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except (AttributeError, OSError):  # Windows has none
        return None


def _processor_clock(folder: Path = _FREQUENCY) -> str:
    try:
        governor = (folder / "scaling_governor").read_text().strip()
        kilohertz = int((folder / "scaling_cur_freq").read_text())
    except (OSError, ValueError):
        return ""
    return f"clock {kilohertz / 1e6:.2f} GHz, governed by {governor!r}"


def _card_clock(device: torch.device) -> str:
    """Through NVIDIA's management library, where nvidia-ml-py is installed."""
    try:
        megahertz = torch.cuda.clock_rate(device)
        watts = torch.cuda.power_draw(device) / 1000
    except Exception:  # noqa: BLE001 - NVML's errors share no narrower class, and it is a note
        return ""
    return f"clock {megahertz} MHz, {watts:.0f} W before measuring"
