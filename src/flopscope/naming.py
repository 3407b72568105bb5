"""A module of a model as its scope, also where it has several names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

from flopscope.records import Scope


class HasModules(Protocol):
    """What is asked of a model: ``torch.nn.Module`` without importing torch."""

    @property
    def _modules(self) -> Mapping[str, Any]: ...


M = TypeVar("M", bound=HasModules)


def module_paths(model: M) -> Iterator[tuple[Scope, M]]:
    """Every path to every module, parents first: a module that is held twice comes twice.

    A child that points back at one of its parents is not followed.
    """

    def walk(scope: Scope, module: M, above: tuple[int, ...]) -> Iterator[tuple[Scope, M]]:
        yield scope, module
        for name, child in module._modules.items():
            if child is not None and id(child) not in above:
                inside = f"{scope}.{name}" if scope else name
                yield from walk(inside, child, (*above, id(child)))

    yield from walk("", model, (id(model),))


def kind_of(module: object) -> str:
    """The class of a module; of one out of a file, the class that it was when it was saved."""
    original = getattr(module, "original_name", None)  # as TorchScript calls it
    return original if isinstance(original, str) else type(module).__name__


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
        prefix = f"{inside}." if inside else ""
        return next((name for name in names if name.startswith(prefix)), names[0])
