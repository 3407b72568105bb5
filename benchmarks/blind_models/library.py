"""What a library brings to the test: the models drawn from it, and what they were drawn from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import nn

torch.manual_seed(0)  # most inputs are made once, on import

Inputs: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional arguments, and keywords."""


@dataclass(frozen=True)
class Case:
    """One model, and what its forward is called with.

    The two are functions, since making either may need the library.
    """

    build: Callable[[], nn.Module]
    inputs: Callable[[nn.Module], Inputs]


@dataclass(frozen=True)
class Library:
    """A library and the models that were drawn from it.

    Args:
        name: of the distribution.
        module: what to import.
        population: the names of its models, where there were too many to take all.
        cases: the models drawn, by name.
    """

    name: str
    module: str
    cases: Mapping[str, Case]
    population: Callable[[], Collection[str]] | None = None

    def drawn(self) -> list[str]:
        """The draw over again."""
        if self.population is None:
            return sorted(self.cases)
        names = sorted(self.population())
        return sorted(random.Random(self.module).sample(names, len(self.cases)))


def image(height: int, width: int | None = None, channels: int = 3) -> torch.Tensor:
    """One picture."""
    return torch.randn(1, channels, height, width or height)


def given(*args: Any, **kwargs: Any) -> Callable[[nn.Module], Inputs]:
    """The same inputs whatever the model."""
    return lambda _model: (args, kwargs)


def files(package: str) -> set[str]:
    """The modules of a package."""
    return {file.name for file in pkgutil.iter_modules(importlib.import_module(package).__path__)}


def classes(module: str, base: type = nn.Module) -> set[str]:
    """The classes of modules that a library itself defines and exports, each under one name."""
    exporting = importlib.import_module(module)
    names = getattr(exporting, "__all__", None) or dir(exporting)
    found = {value for name in names if inspect.isclass(value := getattr(exporting, name, None))}
    own = module.partition(".")[0]
    return {
        one.__name__
        for one in found
        if issubclass(one, base) and one.__module__.partition(".")[0] == own
    }
