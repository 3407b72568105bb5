"""Moments during a forward pass and the seconds between them, on each kind of device."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import torch

from flopscope.errors import UsageError


class Clock(Protocol):
    """Takes marks while work is issued; their distances are known once the device has caught up."""

    def prepare(self) -> None:
        """Return when the device is idle, and no cache of a card holds anything of earlier passes.

        A processor's caches stay as they are: its clock measures a model that is run repeatedly.
        """

    def mark(self) -> Any:
        """A moment in the order of the work issued so far. Does not wait for the device."""

    def wait(self) -> None:
        """Return when the device has done all that was issued."""

    def seconds(self, start: Any, end: Any) -> float:
        """Seconds between two marks that have been waited for."""


class CpuClock:
    """The processor does the work as it is issued: a mark is the time."""

    def prepare(self) -> None:
        pass

    def mark(self) -> float:
        return time.perf_counter()

    def wait(self) -> None:
        pass

    def seconds(self, start: float, end: float) -> float:
        return end - start


class CudaClock:
    """Marks are events in the current stream: taking one neither waits nor makes the card wait."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def prepare(self) -> None:
        self._filling.zero_()
        self.wait()

    @cached_property
    def _filling(self) -> torch.Tensor:
        """Twice what the card's cache holds: writing to it leaves nothing else in there.

        ``triton.testing.do_bench`` does so before every run, too.
        """
        nbytes = 2 * torch.cuda.get_device_properties(self._device).L2_cache_size
        with torch.inference_mode(mode=False):  # a tensor that can be written in any mode
            return torch.empty(nbytes, dtype=torch.int8, device=self._device)

    def mark(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self._device))
        return event

    def wait(self) -> None:
        torch.cuda.synchronize(self._device)

    def seconds(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        milliseconds: float = start.elapsed_time(end)
        return milliseconds / 1000


CLOCKS: dict[str, Callable[[torch.device], Clock]] = {
    "cpu": lambda _: CpuClock(),
    "cuda": CudaClock,
}
"""By kind of device."""


def timed(run: Callable[[], object], clock: Clock) -> float:
    """Seconds of one run, from an idle device to an idle device."""
    clock.prepare()
    start = clock.mark()
    run()
    end = clock.mark()
    clock.wait()
    return clock.seconds(start, end)


def clock_of(device: torch.device) -> Clock:
    """The clock of a device.

    Raises:
        UsageError: nothing runs on that kind of device, or flopscope cannot time it.
    """
    if device.type not in CLOCKS:
        raise UsageError(f"cannot time on {device.type}", hint=f"devices: {', '.join(CLOCKS)}")
    return CLOCKS[device.type](device)
