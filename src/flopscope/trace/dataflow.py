"""What led to what in a forward pass: followed by the memory that each call reads and writes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TypeAlias

from flopscope.records import Operation
from flopscope.trace.liveness import Buffer

Buffers: TypeAlias = Sequence[Buffer | None]
"""The memory behind tensors, None where no operator made or viewed it."""


class Dataflow:
    """What each call read and wrote."""

    def __init__(self) -> None:
        self._steps: list[tuple[Buffers, Buffers, bool]] = []
        self._numbers: dict[Buffer, int] = {}

    def note(
        self, operation: Operation, read: Buffers, written: Buffers, trained: Sequence[bool] | None
    ) -> tuple[bool, ...]:
        """An operator ran: whatever it returned is written, views of what it was given, too.

        Args:
            operation: which.
            read: the memory of the tensors it was given.
            written: that of those it returned.
            trained: which of those it was given are parameters that are trained; None where none is
                a parameter.

        Returns:
            which of those that it was given a trained parameter led to; empty where none.
        """
        self._steps.append((read, written, True))
        learned = [buffer is not None and buffer.learned for buffer in read]
        if trained is not None:
            learned = list(map(operator.or_, learned, trained))
        if True not in learned:
            return ()
        for buffer, output in zip(written, operation.outputs, strict=False):
            if buffer is not None and output.dtype.startswith(_DIFFERENTIABLE):
                buffer.learned = True
        return tuple(learned)

    def numbers(self, buffers: Buffers) -> tuple[int | None, ...]:
        """Each memory's own number, in the order in which they are asked for."""
        known = self._numbers
        return tuple(
            [None if each is None else known.setdefault(each, len(known)) for each in buffers]
        )

    def link(self, read: Buffers, written: Buffers) -> None:
        """Something was made of something else, and not by a call."""
        self._steps.append((read, written, False))

    def used(self, result: Buffers) -> list[bool]:
        """For each call whether what it wrote was read, by way of others, for a result."""
        wanted = set(result) - {None}
        used = []
        for read, written, is_call in reversed(self._steps):
            is_used = not wanted.isdisjoint(written)
            if is_used:
                wanted.update(buffer for buffer in read if buffer is not None)
            if is_call:
                used.append(is_used)
        return used[::-1]


_DIFFERENTIABLE = ("float", "bfloat", "complex")
