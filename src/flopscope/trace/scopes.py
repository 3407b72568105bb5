"""Which module is running: a stack kept by torch's global module hooks, which leave the model alone."""

from __future__ import annotations

import sys
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

from flopscope.records import Scope, TensorSpec
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
    """

    model: torch.nn.Module
    current: Scope = ""
    visits: dict[Scope, Visits] = field(default_factory=dict)
    failure: tuple[Scope, tuple[TensorSpec, ...]] | None = None
    _names: dict[int, list[Scope]] = field(default_factory=dict)
    _stack: list[Scope] = field(default_factory=list)

    def __post_init__(self) -> None:
        for scope, module in module_paths(self.model):
            self._names.setdefault(id(module), []).append(scope)

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

    def _enter(self, module: torch.nn.Module, args: Any) -> None:
        self._stack.append(self.current)
        self.current = self._scope_of(module)

    def _leave(self, module: torch.nn.Module, args: Any, output: Any) -> None:
        failed = output is None and sys.exc_info()[1] is not None
        if not failed:
            self.failure = None  # an inner module raised and the program went on
            self._note(output)
        elif self.failure is None:
            self.failure = self.current, _specs_in(args)
        self.current = self._stack.pop()

    def _note(self, output: Any) -> None:
        visit = self.visits.setdefault(self.current, Visits())
        outputs = _specs_in(output)
        visit.calls += 1
        visit.output_nbytes += sum(spec.nbytes for spec in outputs)
        if visit.calls == 1:
            visit.outputs = outputs

    def _scope_of(self, module: torch.nn.Module) -> Scope:
        """The name under the running module where there are several, else the first one.

        A module that is not part of the model (made during forward) runs in its caller's scope.
        """
        names = self._names.get(id(module))
        if not names:
            return self.current
        if len(names) > 1 and self.current:
            inside = self.current + "."
            return next((name for name in names if name.startswith(inside)), names[0])
        return names[0]


def module_paths(model: torch.nn.Module) -> Iterator[tuple[Scope, torch.nn.Module]]:
    """Every path to every module, parents first: a module held twice comes twice."""

    def walk(
        scope: Scope, module: torch.nn.Module, above: tuple[int, ...]
    ) -> Iterator[tuple[Scope, torch.nn.Module]]:
        yield scope, module
        for name, child in module._modules.items():
            if child is not None and id(child) not in above:  # a child may point at its parent
                inside = f"{scope}.{name}" if scope else name
                yield from walk(inside, child, (*above, id(child)))

    yield from walk("", model, (id(model),))


def _specs_in(values: Any) -> tuple[TensorSpec, ...]:
    """The tensors among a module's arguments or outputs, also inside lists and mappings."""
    if isinstance(values, torch.Tensor):
        return (spec_of(values),)
    return tuple(spec_of(leaf) for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor))
