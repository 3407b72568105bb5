"""Which module is running: a stack kept by torch's global hooks, which leave the model alone."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.utils._pytree import tree_leaves

from flopscope.errors import TraceError
from flopscope.naming import ScopeNames
from flopscope.records import Scope, TensorSpec
from flopscope.trace.objects import tensors_in_objects
from flopscope.trace.specs import spec_of


@dataclass
class Visits:
    """What was seen of one module: how often it ran and what it returned."""

    calls: int = 0
    outputs: tuple[TensorSpec, ...] = ()
    output_nbytes: int = 0


@dataclass
class ScopeTracker:
    """Follows a forward pass through the module tree.

    Attributes:
        model: the root.
        current: the scope of the innermost module that is running.
        visits: by scope.
        failure: the innermost module whose forward raised, and the tensors it was given.
        kept: the tensors inside objects of the program's own that the root returned.
    """

    model: torch.nn.Module
    current: Scope = ""
    visits: defaultdict[Scope, Visits] = field(default_factory=lambda: defaultdict(Visits))
    failure: tuple[Scope, tuple[TensorSpec, ...]] | None = None
    kept: tuple[TensorSpec, ...] = ()
    _is_noting: bool = True
    _names: ScopeNames = field(init=False)
    _stack: list[tuple[Scope, BaseException | None]] = field(default_factory=list)
    _thread: int = field(default_factory=threading.get_ident)

    def __post_init__(self) -> None:
        self._names = ScopeNames(self.model)

    @property
    def is_running(self) -> bool:
        """Whether some module is: what runs outside of all is what calls the model."""
        return bool(self._stack)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Keep ``current`` up to date while modules run."""
        before = register_module_forward_pre_hook(self._enter)
        after = register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            before.remove()
            after.remove()

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """Keep ``current`` up to date, but not ``visits``: what runs has run before."""
        self._is_noting = False
        try:
            yield
        finally:
            self._is_noting = True

    def _enter(self, module: torch.nn.Module, _args: Any) -> None:
        if threading.get_ident() != self._thread:
            raise TraceError(
                f"{type(module).__name__} was called in another thread, where no trace can follow",
                hint="count a model that runs its parts one after the other",
            )
        self._stack.append((self.current, sys.exc_info()[1]))
        # A module made during forward is no part of the model: its calls are its caller's.
        self.current = self._names.of(module, self.current) or self.current

    def _leave(self, _module: torch.nn.Module, args: Any, output: Any) -> None:
        if threading.get_ident() != self._thread:
            return
        caller, handled = self._stack.pop()
        # torch hands over no output where forward raised, but a forward may return None, too.
        failed = output is None and sys.exc_info()[1] is not handled
        if not failed:
            self.failure = None  # an inner module raised and the program went on
            if self._is_noting:
                self._note(output)
        elif self.failure is None and self._is_noting:  # what runs again may be cut short
            self.failure = self.current, _specs_in(args)
        self.current = caller

    def _note(self, output: Any) -> None:
        visit = self.visits[self.current]
        outputs = _specs_in(output)
        visit.calls += 1
        visit.output_nbytes += sum(spec.nbytes for spec in outputs)
        if visit.calls == 1:
            visit.outputs = outputs
        if not self.current:
            self.kept = tuple(map(spec_of, tensors_in_objects(output)))


def _specs_in(values: Any) -> tuple[TensorSpec, ...]:
    """The tensors among a module's arguments or outputs, also inside lists and mappings."""
    if isinstance(values, torch.Tensor):
        return (spec_of(values),)
    return tuple(spec_of(leaf) for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor))
