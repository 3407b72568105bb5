"""The time each module takes within a forward pass, from marks set by global module hooks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

from flopscope.measure.clock import Clock
from flopscope.naming import ScopeNames
from flopscope.records import Scope


class ModuleWatch:
    """Follows the modules of a model through forward passes, of which it times each alone.

    Global hooks leave the modules alone and, unlike hooks on a module, do not make torch's
    transformer layers give up their fast path.

    Args:
        model: whose modules.
        clock: of the device it runs on.
        only: the one module to time, or None for all.
    """

    def __init__(self, model: nn.Module, clock: Clock, only: nn.Module | None = None) -> None:
        self._names = ScopeNames(model)
        self._clock = clock
        self._only = only
        self._running: list[tuple[Scope | None, Any]] = []
        self._spans: list[tuple[Scope, Any, Any]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Mark the beginning and the end of every module that runs in the block."""
        before = register_module_forward_pre_hook(self._enter)
        # always_call: a model may catch what a module raises, and must not leave it on the stack.
        after = register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            before.remove()
            after.remove()

    def lap(self) -> dict[Scope, float]:
        """Inclusive seconds per scope since the last lap, summed over calls."""
        self._clock.wait()
        seconds: dict[Scope, float] = defaultdict(float)
        for scope, start, end in self._spans:
            seconds[scope] += self._clock.seconds(start, end)
        self._spans.clear()
        return dict(seconds)

    def _enter(self, module: nn.Module, _args: Any) -> None:
        if self._only not in (None, module):
            return
        inside = next((scope for scope, _ in reversed(self._running) if scope is not None), "")
        self._running.append((self._names.of(module, inside), self._clock.mark()))

    def _leave(self, module: nn.Module, _args: Any, _output: Any) -> None:
        if self._only not in (None, module):
            return
        scope, start = self._running.pop()
        if scope is not None:
            self._spans.append((scope, start, self._clock.mark()))
