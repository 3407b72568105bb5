"""Our count and another counter's figure, and the terms that lead from the one to the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from flopscope.analysis.conventions.weighing import Cause, Convention, Unit, Weighed, macs_of
from flopscope.measurements import Reading
from flopscope.records import Operation, Scope, Trace, is_within

Quantity: TypeAlias = Unit | Literal["params"]


@dataclass(frozen=True, slots=True)
class Term:
    """What one cause makes a counter's figure differ by.

    Attributes:
        cause: why.
        what: what it befell: an operator, or a kind of module.
        amount: added to our figure, in the counter's unit; negative where it is left out.
        calls: how many calls of operators it befell; of parameters, how many modules.
        scopes: the modules they ran in, in order.
    """

    cause: Cause
    what: str
    amount: int
    calls: int
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class Remainder:
    """What no term explains, and where: in a module, but not in those inside it."""

    scope: Scope
    amount: int


@dataclass(frozen=True)
class Reconciliation:
    """How a counter's figure comes out of ours: ``ours + terms + remainder = printed``.

    Attributes:
        unit: of all figures: one for a MAC, or two; or parameters.
        ours: the MACs that we count, in this unit, or our parameters.
        terms: what the counter's rules make of it, the largest first.
        printed: what the counter said, or None where it said nothing.
        remainders: where what is left over sits.
    """

    unit: Quantity
    ours: int
    terms: tuple[Term, ...]
    printed: int | None
    remainders: tuple[Remainder, ...] = ()

    @cached_property
    def predicted(self) -> int:
        """What the counter must print by its rules."""
        return self.ours + sum(term.amount for term in self.terms)

    @property
    def remainder(self) -> int | None:
        """What the terms do not explain; None where the counter printed nothing."""
        return None if self.printed is None else self.printed - self.predicted

    @property
    def difference(self) -> float | None:
        """How far the counter is from us, as a part of our figure."""
        if self.printed is None or not self.ours:
            return None
        return self.printed / self.ours - 1

    @property
    def unexplained(self) -> float | None:
        """The remainder as a part of our figure."""
        if self.remainder is None or not self.ours:
            return None
        return abs(self.remainder) / self.ours


@dataclass
class _Tally:
    """The calls that one cause befell."""

    amount: int = 0
    calls: int = 0
    scopes: dict[Scope, None] = field(default_factory=dict)

    def add(self, amount: int, scope: Scope) -> None:
        self.amount += amount
        self.calls += 1
        self.scopes[scope] = None


def reconcile(trace: Trace, convention: Convention, reading: Reading | None) -> Reconciliation:
    """Explain a counter's reading of a model by the counter's convention.

    Args:
        trace: of the same model and inputs, a canonical one.
        convention: how the counter weighs what it sees.
        reading: what it said, in the convention's unit, or None where it wasn't asked.
    """
    weighed = tuple(convention.weigh(trace))
    per_mac = 2 if convention.unit == "FLOPs" else 1
    known: dict[Operation, int] = {}
    for call in trace.calls:
        if call.operation not in known:
            known[call.operation] = per_mac * macs_of(call.operation)
    ours = [known[call.operation] for call in trace.calls]
    printed = None if reading is None else reading.value
    terms = _terms((call.scope for call in trace.calls), ours, weighed)
    found = Reconciliation(convention.unit, sum(ours), tuple(terms), printed)
    if reading is None or not found.remainder:
        return found
    predicted = convention.inclusive(trace, weighed)
    remainders = tuple(_remainders(predicted, {"": printed or 0} | dict(reading.modules)))
    return Reconciliation(found.unit, found.ours, found.terms, printed, remainders)


def reconcile_params(
    trace: Trace, convention: Convention, reading: Reading | None
) -> Reconciliation:
    """Explain a counter's number of parameters in the same way, module by module.

    Args:
        trace: of the same model.
        convention: whose parameters the counter counts, and how often.
        reading: what it said, or None where it wasn't asked.
    """
    ours = [spec.params for spec in trace.modules]
    theirs = [Weighed(figure) for figure in ours]
    weighed = theirs if convention.params is None else convention.params(trace)
    terms = _terms((spec.scope for spec in trace.modules), ours, weighed)
    printed = None if reading is None else reading.params
    return Reconciliation("params", sum(ours), tuple(terms), printed)


def _terms(scopes: Iterable[Scope], ours: Sequence[int], weighed: Iterable[Weighed]) -> list[Term]:
    tallies: dict[tuple[Cause, str], _Tally] = {}
    for scope, mine, theirs in zip(scopes, ours, weighed, strict=True):
        if theirs.cause is None or theirs.figure == mine:
            continue
        tally = tallies.setdefault((theirs.cause, theirs.what), _Tally())
        tally.add(theirs.figure - mine, scope)
    terms = [
        Term(cause, what, tally.amount, tally.calls, tuple(tally.scopes))
        for (cause, what), tally in tallies.items()
    ]
    return sorted(terms, key=lambda term: -abs(term.amount))


def _remainders(predicted: Mapping[Scope, int], said: Mapping[Scope, int]) -> Iterable[Remainder]:
    """The modules that differ, none of whose inner modules is known to."""
    differing = {
        scope: figure - predicted[scope]
        for scope, figure in said.items()
        if scope in predicted and figure != predicted[scope]
    }
    for scope, amount in differing.items():
        if not any(other != scope and is_within(other, scope) for other in differing):
            yield Remainder(scope, amount)
