"""A module of a model as its scope, also where it has several names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol, TypeVar

from flopscope.records import Scope


class HasModules(Protocol):
    """What is asked of a model: ``torch.nn.Module`` without importing torch."""

    @property
    def _modules(self) -> Mapping[str, Any]: ...


M = TypeVar("M", bound=HasModules)


def module_paths(model: M, called: Collection[Scope] = ()) -> list[tuple[Scope, M]]:
    """Every module with its scope, parents first: one that is held twice comes twice.

    What is inside a module is listed where the module comes first, and again wherever else
    something in it was called: with modules shared along many levels there are far more paths.
    A child that points back at one of its parents is not followed.

    Args:
        model: the root.
        called: scopes that ran.
    """
    reached = {scope[:end] for scope in called for end in _ends_of_names(scope)}
    listed: set[int] = set()
    paths: list[tuple[Scope, M]] = []

    def walk(scope: Scope, module: M, above: tuple[int, ...]) -> None:
        paths.append((scope, module))
        if id(module) in listed and scope not in reached:
            return
        listed.add(id(module))
        for name, child in module._modules.items():
            if child is not None and id(child) not in above:
                walk(_inside(scope, name), child, (*above, id(child)))

    walk("", model, (id(model),))
    return paths


def _ends_of_names(scope: Scope) -> list[int]:
    return [place for place, letter in enumerate(scope) if letter == "."] + [len(scope)]


def _inside(scope: Scope, name: str) -> Scope:
    return f"{scope}.{name}" if scope and name else scope or name


def kind_of(module: object) -> str:
    """The class of a module; of one out of a file, the class that it was when it was saved."""
    original = getattr(module, "original_name", None)  # as TorchScript calls it
    return original if isinstance(original, str) else type(module).__name__


def library_of(module: object) -> str:
    """The Python module that defines a module's class; of one out of a file that isn't known."""
    return "" if hasattr(module, "original_name") else type(module).__module__


class ScopeNames:
    """The scopes of a model's modules: a shared one has as many as there are ways to reach it."""

    def __init__(self, model: HasModules) -> None:
        self._model = model
        self._first: dict[int, Scope] = {}
        self._several: set[int] = set()
        for scope, module in module_paths(model):
            if self._first.setdefault(id(module), scope) != scope:
                self._several.update(id(inner) for _, inner in module_paths(module))
        self._within: dict[tuple[Scope, int], Scope] = {}

    def of(self, module: object, inside: Scope) -> Scope | None:
        """The module's name under the scope that calls it, else its first one.

        None for a module that is not part of the model, such as one made during the forward pass.
        """
        first = self._first.get(id(module))
        if first is None or id(module) not in self._several:
            return first
        key = inside, id(module)
        if key not in self._within:
            paths = module_paths(self._at(inside))
            below = (_inside(inside, path) for path, inner in paths if inner is module)
            self._within[key] = next(below, first)
        return self._within[key]

    def _at(self, scope: Scope) -> HasModules:
        module = self._model
        for name in scope.split(".") if scope else ():
            module = module._modules[name]
        return module
