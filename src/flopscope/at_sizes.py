"""A model at many sizes: what runs at each, and the laws of that."""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn

from flopscope import tree
from flopscope.analysis.formula.derive import derive
from flopscope.analysis.formula.ends import Asked
from flopscope.analysis.formula.figures import Figures, figures_of
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.samples import Samples
from flopscope.errors import InputError, TargetError
from flopscope.load.importing import user_code
from flopscope.load.inputs import as_inputs
from flopscope.profiling import environment
from flopscope.records import Scope, Trace
from flopscope.report.formula import ClosedForm
from flopscope.trace import building, trace


class AtSizes(ABC):
    """Counts a model at any sizes of its symbols."""

    @abstractmethod
    def trace(self, sizes: Mapping[str, int]) -> Trace:
        """What runs at these sizes.

        Raises:
            TargetError, InputError, TraceError: the model is not built so, or refuses them.
        """

    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how the model and its inputs were made."""

    def figures(self, sizes: Mapping[str, int]) -> Figures:
        """The figures at these sizes; raises as :meth:`trace` does."""
        found = self.trace(sizes)
        return figures_of(tree.profile(found), found)

    def closed_form(
        self, asked: Iterable[Asked], target: str, inputs: tuple[str, ...], module: Scope = ""
    ) -> ClosedForm:
        """The laws in the sizes that are asked about.

        Args:
            asked: the symbols.
            target: what to call the model.
            inputs: as typed; where there are none, those at one of the points stand for them.
            module: the part of the model that is traced.

        Raises:
            InputError: the model takes none of the sizes that were tried.
        """
        laws = derive(Samples(self.figures), list(asked))
        found = self.trace(laws.base)
        return ClosedForm(
            target=target,
            inputs=inputs or _described(found, laws.base),
            environment=environment("cpu"),
            laws=laws,
            profile=tree.profile(found),
            assumptions=found.assumptions,
            module=module,
            notes=(*self.notes(), *found.notes),
        )


def spaced(sizes: Iterable[int]) -> Lattice:
    """The widest even spacing that has all of some sizes."""
    rising = sorted(set(sizes))
    step = math.gcd(*(size - rising[0] for size in rising)) or 1
    return Lattice(rising[0], rising[-1], step)


def _described(found: Trace, sizes: Mapping[str, int]) -> tuple[str, ...]:
    at = ", ".join(f"{name} = {size:,}" for name, size in sizes.items())
    return tuple(
        f"{name}: {'×'.join(map(str, spec.shape))} {spec.dtype} where {at}"
        for name, spec in found.inputs.items()
    )


class ModelAtSizes(AtSizes):
    """A model of the caller's, or one that a function builds, on inputs that a function makes.

    Args:
        model: the model, or a function that returns one for each of its sizes.
        inputs: returns a tensor, a tuple of positional inputs, a mapping of those by name, or both.
        assume: what to take for values that depend on the data.

    Attributes:
        symbols: the parameters of both functions.
        rebuilding: those of the one that makes the model.
    """

    def __init__(
        self,
        model: nn.Module | Callable[..., nn.Module],
        inputs: Callable[..., Any],
        assume: Mapping[str, float],
    ) -> None:
        self._model = model
        self._make_inputs = inputs
        self._assume = assume
        self._of_inputs = tuple(inspect.signature(inputs).parameters)
        is_built = not isinstance(model, nn.Module)
        self.rebuilding = tuple(inspect.signature(model).parameters) if is_built else ()
        self.symbols = tuple(dict.fromkeys((*self._of_inputs, *self.rebuilding)))
        self._built: tuple[Mapping[str, int], nn.Module] | None = None

    def trace(self, sizes: Mapping[str, int]) -> Trace:
        model = self._at({name: sizes[name] for name in self.rebuilding})
        with user_code("making inputs"), building():
            made = as_inputs(self._make_inputs(**{name: sizes[name] for name in self._of_inputs}))
        args, kwargs = made.on("meta")
        return trace(model, args, kwargs, assume=self._assume)

    def notes(self) -> tuple[str, ...]:
        return ()

    def _at(self, sizes: Mapping[str, int]) -> nn.Module:
        if isinstance(self._model, nn.Module):
            return self._model
        if self._built is None or self._built[0] != sizes:
            with user_code("building the model"), building():
                model = self._model(**sizes)
            if not isinstance(model, nn.Module):
                raise TargetError(f"the function makes no nn.Module: {model!r}"[:80])
            self._built = sizes, model
        return self._built[1]

    def asked(self, sizes: Mapping[str, Iterable[int]]) -> list[Asked]:
        """What is asked about each symbol, any sizes that the model takes where none are given.

        Raises:
            InputError: sizes are given for something else, or there are no symbols.
        """
        unknown = [name for name in sizes if name not in self.symbols]
        if unknown or not self.symbols:
            raise InputError(
                f"no size is called {', '.join(unknown)}" if unknown else "no size is open",
                hint="sizes are the parameters of inputs: lambda B, S: torch.zeros(B, S)",
            )
        return [
            Asked(name, spaced(sizes[name]) if name in sizes else None) for name in self.symbols
        ]
