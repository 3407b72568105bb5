"""How much memory a forward pass holds at once: what is alive, by Python's own references.

A tensor lives until the program lets go of it and of all its views, as in a real run. What an
operator allocates and frees inside itself is not seen, nor what an allocator adds.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

from flopscope.records import Operation, Peak, Scope
from flopscope.trace.specs import tensors_among


@dataclass(slots=True, eq=False)
class Buffer:
    """Memory behind a tensor and its views: how much, and how many of these are alive.

    What was there before the forward pass takes nothing here. It is learned where a parameter that
    is trained led to what is in it.
    """

    nbytes: int
    holders: int = 0
    learned: bool = False


@dataclass
class Liveness:
    """Follows what operators return.

    Attributes:
        peaks: by scope, the most bytes that were alive while an operator ran right in it.
        highest: the highest of them, and the operator that it was reached in.
    """

    peaks: dict[Scope, int] = field(default_factory=dict)
    highest: Peak = field(default_factory=Peak)
    _alive: int = 0
    _buffers: dict[int, Buffer] = field(default_factory=dict)
    _references: dict[int, weakref.ref[torch.Tensor]] = field(default_factory=dict)
    _sizes: dict[Operation, tuple[int, ...]] = field(default_factory=dict)

    def note(self, operation: Operation, scope: Scope, given: Iterable[Any], returned: Any) -> None:
        """An operator ran: its results are alive from here on."""
        outputs = tensors_among((returned,))
        if "view" in operation.tags:
            self._hold_views(given, outputs)
            return
        sizes = self._sizes.get(operation)
        if sizes is None:
            sizes = self._sizes[operation] = tuple(spec.nbytes for spec in operation.outputs)
        for tensor, nbytes in zip(outputs, sizes, strict=False):
            if id(tensor) not in self._buffers:  # else it was written in place
                self._alive += nbytes
                self._hold(tensor, Buffer(nbytes))
        if self._alive > self.peaks.get(scope, -1):
            self.peaks[scope] = self._alive
            if self._alive > self.highest.nbytes:
                self.highest = Peak(self._alive, scope, operation.op)

    def behind(self, tensors: Iterable[torch.Tensor]) -> list[Buffer | None]:
        """The memory of some tensors, where an operator made or viewed them."""
        return [self._buffers.get(id(tensor)) for tensor in tensors]

    def restart(self) -> None:
        """Look for the highest peak anew: what is alive by now stays alive."""
        self.peaks, self.highest = {}, Peak()

    def hold(self, tensors: Iterable[torch.Tensor]) -> list[Buffer | None]:
        """Know tensors that no operator made, and that take nothing in a real run."""
        found = list(tensors)
        for tensor in found:
            if id(tensor) not in self._buffers:
                self._hold(tensor, Buffer(0))
        return self.behind(found)

    def _hold_views(self, given: Iterable[Any], outputs: list[torch.Tensor]) -> None:
        """Views keep alive what they are views of: nothing new, if that was there before."""
        for tensor in tensors_among(given):
            buffer = self._buffers.get(id(tensor))
            if buffer is None:
                buffer = Buffer(0)
                self._hold(tensor, buffer)
            for view in outputs:
                if id(view) not in self._buffers:
                    self._hold(view, buffer)
            return

    def _hold(self, tensor: torch.Tensor, buffer: Buffer) -> None:
        name = id(tensor)
        buffer.holders += 1
        self._buffers[name] = buffer

        def let_go(_: object) -> None:
            del self._buffers[name], self._references[name]
            buffer.holders -= 1
            if not buffer.holders:
                self._alive -= buffer.nbytes

        self._references[name] = weakref.ref(tensor, let_go)
