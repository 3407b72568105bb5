"""What a library brings to the test: the models drawn from it, and what they were drawn from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from torch import nn

from benchmarks.cases import Case


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
