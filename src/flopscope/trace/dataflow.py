"""Which calls of a forward pass its result comes from: those whose memory is read on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from flopscope.trace.liveness import Buffer

Buffers: TypeAlias = Sequence[Buffer]


class Dataflow:
    """What each call read and wrote, in terms of the memory behind its tensors."""

    def __init__(self) -> None:
        self._calls: list[tuple[Buffers, Buffers]] = []

    def note(self, read: Buffers, written: Buffers) -> None:
        """An operator ran: whatever it returned is written, views of what it was given, too."""
        self._calls.append((read, written))

    def used(self, result: Iterable[Buffer]) -> list[bool]:
        """For each call whether what it wrote was read, by way of others, for a result."""
        wanted = set(result)
        used = []
        for read, written in reversed(self._calls):
            is_used = not wanted.isdisjoint(written)
            if is_used:
                wanted.update(read)
            used.append(is_used)
        return used[::-1]
