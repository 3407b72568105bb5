"""What a device attains at most: as it was measured before, or measured now and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flopscope.measure.peak_cache import cached_peaks, keep_peaks
from flopscope.measure.peaks import measure_peaks
from flopscope.measure.variants import threads_used
from flopscope.measurements import Peaks
from flopscope.profiling import chosen_device


def known_or_measured(
    device: str,
    threads: int | None,
    progress: Callable[[str], None],
    *,
    again: bool,
) -> tuple[Peaks, Path | None]:
    """The peaks of a device, and the file that they were written to if they were measured now.

    Args:
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        threads: torch's threads within an operator, or None for its own number.
        progress: told what is being measured.
        again: measure also what was measured before.

    Raises:
        UsageError: there is no such device.
        InputError: it is not here.
        FlopscopeError: what was measured cannot be kept.
    """
    where = chosen_device(device)
    with threads_used(threads):
        known = None if again else cached_peaks(where)
        if known is not None:
            return known, None
        peaks = measure_peaks(where, progress)
    return peaks, keep_peaks(peaks)
