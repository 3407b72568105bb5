"""A module of a model as its scope, also where it has several names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from flopscope.records import Scope


class Named(Protocol):
    """What is asked of a model: ``torch.nn.Module`` without importing torch."""

    def named_modules(self, *, remove_duplicate: bool) -> Iterator[tuple[str, object]]: ...


class ScopeNames:
    """The scopes of a model's modules: a shared one has as many as there are ways to reach it."""

    def __init__(self, model: Named) -> None:
        self._names: dict[int, list[Scope]] = {}
        for name, module in model.named_modules(remove_duplicate=False):
            self._names.setdefault(id(module), []).append(name)

    def of(self, module: object, inside: Scope) -> Scope | None:
        """The module's name under the scope that calls it, else its first one.

        None for a module that is not part of the model, such as one made during the forward pass.
        """
        names = self._names.get(id(module))
        if names is None:
            return None
        prefix = f"{inside}." if inside else ""
        return next((name for name in names if name.startswith(prefix)), names[0])
