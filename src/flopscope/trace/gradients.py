"""What a training step does: whose derivative an operator is, and which phase it belongs to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from flopscope.records import Call, Operation, Phase, Scope
from flopscope.trace.recorder import Recorder
from flopscope.trace.scopes import ScopeTracker
from flopscope.trace.specs import tensors_among

_ACCUMULATES = "torch::autograd::AccumulateGrad"


class StepRecorder(Recorder):
    """Collects what a training step does, gradients with the modules whose work they differentiate.

    autograd numbers its nodes as a forward pass makes them, so that the node under way in the
    backward pass tells which call it is the derivative of. While gradients are computed, recording
    of new ones is on only where a checkpointed part runs again.

    Attributes:
        phase: ``"forward"``, ``"backward"`` or ``"optimizer"``, to be set by who runs the step.
    """

    def __init__(self, scopes: ScopeTracker) -> None:
        super().__init__(scopes)
        self.phase: Phase = "forward"
        self._numbers: list[int] = []
        self._places: list[int] = []
        self._owners: dict[int, tuple[torch.Tensor, Scope]] = {}
        self._last: Scope = ""
        self._is_paused = False

    def record(self, operation: Operation, given: Iterable[Any], returned: Any) -> None:
        if self._is_paused:
            return
        given = tuple(given)
        uses = self.parameters.among(given)
        if uses and ("view" in operation.tags or operation.op == "aten._to_copy"):
            self.parameters.follow(uses[0], operation, returned)
        phase, scope, source = self._origin(given)
        if phase in ("forward", "recompute"):
            self._number(len(self.calls))
        self._last = scope
        self.calls.append(Call(operation, scope, uses, phase=phase, derivative_of=source))
        self.liveness.phase = phase
        tensors, outputs = tensors_among(given), tensors_among((returned,))
        if uses and operation.op == "aten.add" and self._is_in_linear():
            self.liveness.share(tensors, outputs)
        else:
            self.liveness.note(operation, scope, tensors, outputs)

    def _is_in_linear(self) -> bool:
        """Whether a linear layer is running.

        Where its input isn't contiguous, torch adds the bias in place, unless a mode looks on.
        """
        module = self.scopes.model.get_submodule(self.scopes.current)
        return type(module).forward is torch.nn.Linear.forward

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take no notice of what is done."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False

    def owned(self, tensors: Iterable[tuple[torch.Tensor, Scope]]) -> None:
        """Take what the optimizer does with these tensors for work of their modules."""
        self._owners |= {id(tensor): (tensor, scope) for tensor, scope in tensors}

    def _origin(self, given: tuple[Any, ...]) -> tuple[Phase, Scope, int | None]:
        """The phase of an operator, the module it belongs to, and whose derivative it is."""
        if self.phase == "optimizer":
            owned = (self._owners.get(id(tensor)) for tensor in tensors_among(given))
            scope = next((found[1] for found in owned if found is not None), self._last)
            return "optimizer", scope, None
        if self.phase == "forward":
            return "forward", self.scopes.current, None
        node: Any = torch._C._current_autograd_node()
        if node is None:  # between two nodes: the first gradient, and sums of several
            return "backward", self._last, None
        if torch.is_grad_enabled():
            place = self._place(node)
            outside = self.calls[place].scope if place is not None else self._last
            return "recompute", self.scopes.current or outside, None
        if node.name() == _ACCUMULATES:
            owner = self._owners.get(id(node.variable))
            return "accumulate", owner[1] if owner else self._last, None
        place = self._place(node)
        return "backward", self.calls[place].scope if place is not None else self._last, place

    def _number(self, place: int) -> None:
        """Remember the node that autograd has made for the call that comes to a place."""
        number = torch.autograd._get_sequence_nr() - 1  # type: ignore[attr-defined] # torch keeps it to itself
        if not self._numbers or number > self._numbers[-1]:
            self._numbers.append(number)
            self._places.append(place)

    def _place(self, node: Any) -> int | None:
        """The place of the call that a node differentiates: the last one before it was made."""
        if node is None:
            return None
        found = bisect_right(self._numbers, node._sequence_nr())
        return self._places[found - 1] if found else None
