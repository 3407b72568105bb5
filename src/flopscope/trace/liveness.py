"""How much memory a forward pass holds at once: what is alive, by Python's own references.

A tensor lives until the program lets go of it and of all its views, as in a real run. What an
operator allocates and frees inside itself is not seen, nor what an allocator adds.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import torch

from flopscope.records import Operation, Peak, Phase, Scope
from flopscope.trace.scratch import scratch_nbytes

Tensors: TypeAlias = Sequence[torch.Tensor]


@dataclass(slots=True, eq=False)
class Buffer:
    """Memory behind a tensor and its views: how much, and how many of these are alive.

    What was there before the forward pass takes nothing here. It is learned where a parameter that
    is trained led to what is in it.
    """

    nbytes: int
    scope: Scope
    holders: int = 0
    learned: bool = False


@dataclass
class Liveness:
    """Follows what operators return.

    Attributes:
        peaks: by scope, the most bytes that were alive while an operator ran right in it.
        highest: the highest of them, and the operator that it was reached in.
        phase: of the training step that is under way.
    """

    peaks: dict[Scope, int] = field(default_factory=dict)
    highest: Peak = field(default_factory=Peak)
    phase: Phase = "forward"
    _alive: int = 0
    _buffers: dict[int, Buffer] = field(default_factory=dict)
    _references: dict[int, weakref.ref[torch.Tensor]] = field(default_factory=dict)
    _sizes: dict[Operation, tuple[int, ...]] = field(default_factory=dict)

    def note(self, operation: Operation, scope: Scope, given: Tensors, outputs: Tensors) -> None:
        """An operator ran on some tensors: those it returned are alive from here on."""
        if "view" in operation.tags:
            self.share(given, outputs)
            return
        sizes = self._sizes.get(operation)
        if sizes is None:
            sizes = self._sizes[operation] = tuple(spec.nbytes for spec in operation.outputs)
        written = set(map(id, given)) if "inplace" in operation.tags else ()
        for tensor, nbytes in zip(outputs, sizes, strict=False):
            if id(tensor) in self._buffers:
                continue
            if id(tensor) in written:  # it was there before the forward pass
                self._hold(tensor, Buffer(0, ""))
            else:
                self._alive += nbytes
                self._hold(tensor, Buffer(nbytes, scope))
        reached = self._alive + scratch_nbytes(operation)
        if reached > self.peaks.get(scope, -1):
            self.peaks[scope] = reached
            if reached > self.highest.nbytes:
                self.highest = Peak(reached, scope, operation.op, self.phase)

    def alive(self) -> dict[Scope, int]:
        """Bytes that are alive now, by the module that they were made in."""
        buffers = {id(buffer): buffer for buffer in self._buffers.values()}
        found: dict[Scope, int] = defaultdict(int)
        for buffer in buffers.values():
            found[buffer.scope] += buffer.nbytes
        return dict(found)

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
                self._hold(tensor, Buffer(0, ""))
        return self.behind(found)

    def share(self, given: Tensors, outputs: Tensors) -> None:
        """Results keep alive what they are views of: nothing new, if that was there before."""
        if not given:
            return
        buffer = self._buffers.get(id(given[0]))
        if buffer is None:
            buffer = Buffer(0, "")
            self._hold(given[0], buffer)
        for view in outputs:
            if id(view) not in self._buffers:
                self._hold(view, buffer)

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
