"""A trace counted in another convention, module by module: a table that can be continued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.conventions.weighing import Convention
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
    weighed = tuple(convention.weigh(trace))
    own = {spec.scope: 0 for spec in trace.modules}
    for call, given in zip(trace.calls, weighed, strict=True):
        own[call.scope] += given.figure
    return Restatement(name, convention, convention.inclusive(trace, weighed), own)
