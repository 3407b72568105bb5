"""What a device attains at most: as it was measured before, or measured now and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from flopscope.errors import FlopscopeError
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
) -> tuple[Peaks, Path | FlopscopeError | None]:
    """The peaks of a device, and the file that they were written to if they were measured now.

    Where they can't be written, why is in the place of the file: what was measured isn't lost.

    Args:
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        threads: torch's threads within an operator, or None for its own number.
        progress: told what is being measured.
        again: measure also what was measured before.

    Raises:
        UsageError: there is no such device.
        InputError: it is not here.
    """
    where = chosen_device(device)
    with threads_used(threads):
        known = None if again else cached_peaks(where, torch.get_num_threads())
        if known is not None:
            return known, None
        peaks = measure_peaks(where, progress)
    try:
        return peaks, keep_peaks(peaks)
    except FlopscopeError as error:
        return peaks, error
