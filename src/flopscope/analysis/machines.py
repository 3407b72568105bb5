"""Reports of several machines, those of the same model put side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flopscope.analysis.comparison import Comparison
from flopscope.analysis.written import Written
from flopscope.errors import UsageError
from flopscope.records import Scope


@dataclass(frozen=True, slots=True)
class Machine:
    """A file of reports.

    Attributes:
        name: what it is called beside others.
        reports: of one model or several.
        failures: targets that could not be profiled there, and why.
    """

    name: str
    reports: tuple[Written, ...]
    failures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A model on the machines that have it, the one that others are held against first.

    Attributes:
        reports: one for each machine.
        absent: the other machines' names.
    """

    reports: tuple[Written, ...]
    absent: tuple[str, ...] = ()

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        base, *others = self.reports
        return tuple(Comparison(base, other) for other in others)


@dataclass(frozen=True, slots=True)
class Machines:
    """What several files of reports hold.

    Attributes:
        machines: the files.
        models: those that two of them have, at least.
        alone: the reports that have none beside them.
    """

    machines: tuple[Machine, ...]
    models: tuple[Model, ...]
    alone: tuple[Written, ...]


def machines_of(machines: Sequence[Machine]) -> Machines:
    """Put the reports of the same models side by side.

    Raises:
        UsageError: no model is in two of the files.
    """
    left = {machine.name: list(machine.reports) for machine in machines}
    models = [
        Model((base, *others.values()), _without(left, (base.name, *others)))
        for base, others in _grouped(left)
    ]
    compared = tuple(model for model in models if len(model.reports) > 1)
    if not compared:
        held = "; ".join(
            f"{name} has {', '.join(dict.fromkeys(report.target for report in reports)) or 'none'}"
            for name, reports in ((each.name, each.reports) for each in machines)
        )
        raise UsageError("no model is in two of the files", hint=held)
    alone = tuple(model.reports[0] for model in models if len(model.reports) == 1)
    return Machines(tuple(machines), compared, alone)


def _grouped(left: dict[str, list[Written]]) -> Iterator[tuple[Written, dict[str, Written]]]:
    """Every report with those of the same model on the machines behind its own."""
    names = list(left)
    for place, name in enumerate(names):
        while left[name]:
            alike = [report for report in left[name] if _same_model(left[name][0], report)]
            base = left[name].pop(0)
            others = {}
            for behind in names[place + 1 :]:
                found = _counterpart(base, left[behind], is_only=len(alike) == 1)
                if found is not None:
                    left[behind].remove(found)
                    others[behind] = found
            yield base, others


def _counterpart(base: Written, reports: list[Written], *, is_only: bool) -> Written | None:
    """The report of the same model on the same input, or else the only one of that model."""
    alike = [report for report in reports if _same_model(base, report)]
    same = next((report for report in alike if report.inputs == base.inputs), None)
    return same or (alike[0] if is_only and len(alike) == 1 else None)


def _same_model(one: Written, other: Written) -> bool:
    """Whether they have a name in common, or are built alike: paths differ between machines."""
    if (one.target, one.module) == (other.target, other.module):
        return True
    return _structure(one) == _structure(other)


def _structure(report: Written) -> list[tuple[Scope, str]]:
    return [(layer.scope, layer.kind) for layer in report.layers]


def _without(names: Iterable[str], some: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in some)
