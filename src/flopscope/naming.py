"""A module of a model as its scope, also where it has several names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from flopscope.records import Scope


class HasModules(Protocol):
    """What is asked of a model: ``torch.nn.Module`` without importing torch."""

    @property
    def _modules(self) -> Mapping[str, Any]: ...


M = TypeVar("M", bound=HasModules)


def module_paths(model: M) -> list[tuple[Scope, M]]:
    """Every path to every module, parents first: a module that is held twice comes twice.

    A child that points back at one of its parents is not followed.
    """
    paths: list[tuple[Scope, M]] = []

    def walk(scope: Scope, module: M, above: tuple[int, ...]) -> None:
        paths.append((scope, module))
        for name, child in module._modules.items():
            if child is not None and id(child) not in above:
                walk(f"{scope}.{name}" if scope else name, child, (*above, id(child)))

    walk("", model, (id(model),))
    return paths


class ScopeNames:
    """The scopes of a model's modules: a shared one has as many as there are ways to reach it."""

    def __init__(self, model: HasModules) -> None:
        self._names: dict[int, list[Scope]] = {}
        for scope, module in module_paths(model):
            self._names.setdefault(id(module), []).append(scope)

    def of(self, module: object, inside: Scope) -> Scope | None:
        """The module's name under the scope that calls it, else its first one.

        None for a module that is not part of the model, such as one made during the forward pass.
        """
        names = self._names.get(id(module))
        if names is None:
            return None
        if len(names) == 1:
            return names[0]
        prefix = f"{inside}." if inside else ""
        return next((name for name in names if name.startswith(prefix)), names[0])
