"""What torch's allocators tell: the most that a run held at once, and that there was no more."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch

from flopscope.units import format_bytes, parse_quantity

Forward: TypeAlias = Callable[[], object]

_ASKED = re.compile(r"tried to allocate (?P<amount>[\d.]+ (bytes|[KMGT]iB))", re.IGNORECASE)
"""How the allocators of cards and of processors say how much they could not give."""


def most_allocated(forward: Forward, device: torch.device) -> int | None:
    """The most bytes that a run had allocated at once, beside what was allocated before it.

    It begins the peak statistics of torch's allocator anew, which nothing can put back.

    Returns:
        None where the device's allocator does not tell: the model is not run then.
    """
    watched = _WATCHED.get(device.type)
    return None if watched is None else watched(forward, device)


def _most_allocated_on_card(forward: Forward, device: torch.device) -> int:
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    forward()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before


_WATCHED: Mapping[str, Callable[[Forward, torch.device], int]] = {"cuda": _most_allocated_on_card}
"""By kind of device."""


def most_held(device: torch.device) -> tuple[int, str] | None:
    """The most bytes that were held at once until now, and what that is: no statistic is reset.

    Returns:
        what torch's allocator gave on a card; on a processor what was resident of this process;
        None where nothing tells.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device), "allocated"
    if device.type != "cpu" or sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has none

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 2**10), "resident"


def shortage(error: BaseException | None) -> str | None:
    """In a few words, that an exception or one that led to it is for want of memory; else None."""
    while error is not None:
        if _is_shortage(error):
            asked = _ASKED.search(str(error))
            more = f", with {_amount(asked['amount'])} more to allocate" if asked else ""
            return f"out of memory{more}"
        error = error.__cause__ or error.__context__
    return None


def _is_shortage(error: BaseException) -> bool:
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    # The processor's allocator has no class of its own.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def _amount(text: str) -> str:
    return format_bytes(round(parse_quantity(text.replace("bytes", "B"), "B")))
