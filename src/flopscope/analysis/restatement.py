"""A trace counted in another convention, module by module: a table that can be continued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.conventions.weighing import Convention, Weighed
from flopscope.records import Scope, Trace


@dataclass(frozen=True)
class Restatement:
    """Our trace in the figures of a convention.

    Attributes:
        name: of the convention.
        convention: its unit, what its authors call the figures, and where its rules are from.
        modules: the figure of each module with all that is inside it.
        own: what each module adds itself.
    """

    name: str
    convention: Convention
    modules: Mapping[Scope, int]
    own: Mapping[Scope, int]

    @property
    def value(self) -> int:
        """The model's."""
        return self.modules[""]


def restate(trace: Trace, name: str) -> Restatement:
    """Count a trace in a convention.

    Args:
        trace: a canonical one.
        name: of :data:`flopscope.analysis.conventions.CONVENTIONS`.

    Raises:
        KeyError: there is no such convention.
    """
    convention = CONVENTIONS[name]
    figures = own(trace, convention.weigh(trace))
    return Restatement(name, convention, inclusive(figures), figures)


def own(trace: Trace, weighed: Iterable[Weighed]) -> dict[Scope, int]:
    """What a convention gives each module, without what is inside it."""
    figures = {spec.scope: 0 for spec in trace.modules}
    for call, given in zip(trace.calls, weighed, strict=True):
        figures[call.scope] += given.figure
    return figures


def inclusive(own_figures: Mapping[Scope, int]) -> dict[Scope, int]:
    """The same with what is inside each module."""
    totals: defaultdict[Scope, int] = defaultdict(int)
    for scope, figure in own_figures.items():
        for around in _around(scope):
            totals[around] += figure
    return {scope: totals[scope] for scope in own_figures}


def _around(scope: Scope) -> Iterator[Scope]:
    """A scope and those that it is inside of, up to the model."""
    while scope:
        yield scope
        scope = scope.rpartition(".")[0]
    yield ""
