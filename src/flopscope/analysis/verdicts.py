"""Budgets held against reports: what is within its limit, and which modules are to blame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from flopscope.analysis.difference import Difference, difference
from flopscope.analysis.written import Written

SHOWN = 3
"""Modules that are blamed for a breach."""

_FIGURES = {"params": "params", "macs": "macs", "flops": "flops", "bytes": "bytes_moved"}


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of a model, against the most that it may be.

    Attributes:
        figure: what is limited: ``"macs"``.
        value: what it is, or None where the report doesn't say.
        limit: what it may be at most.
        baseline: what it was, where the limit is how much it may grow; else None.
        blamed: the modules that make most of it, or that added most to it, each with how much.
    """

    figure: str
    value: float | None
    limit: float
    baseline: float | None = None
    blamed: tuple[tuple[str, float], ...] = ()

    @property
    def is_kept(self) -> bool:
        return self.value is not None and self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a budget.

    Attributes:
        name: the budget's.
        target: the model's.
        checks: of each of its limits.
        failure: why the model could not be counted, or "".
        hint: what to do about that.
        exit_code: of the failure, or 0.
        notes: what else to know: that there is no baseline to grow from.
        change: what became of the model since a revision, or None where it was not compared.
    """

    name: str
    target: str
    checks: tuple[Check, ...] = ()
    failure: str = ""
    hint: str = ""
    exit_code: int = 0
    notes: tuple[str, ...] = ()
    change: Difference | None = None

    @property
    def is_kept(self) -> bool:
        return not self.failure and all(check.is_kept for check in self.checks)


def figure_of(report: Written, figure: str) -> float | None:
    """A figure of a model by its name in a budget."""
    if figure == "memory":
        return report.memory_nbytes
    found: int = getattr(report.model.counts, _FIGURES[figure])
    return found


def verdict(
    name: str,
    report: Written,
    limits: Mapping[str, float],
    growth: float | None = None,
    baseline: Written | None = None,
) -> Verdict:
    """Hold a report against its budget.

    Args:
        name: the budget's.
        report: of its model.
        limits: the most that its figures may be.
        growth: the most that any of its figures may grow, as a part of the baseline's.
        baseline: an earlier report, or None where there is none.
    """
    checks = [
        _blamed(Check(figure, figure_of(report, figure), limit), report, baseline)
        for figure, limit in limits.items()
    ]
    notes: tuple[str, ...] = ()
    if growth is not None and baseline is None:
        notes = ("no baseline to grow from: --update-baseline writes it",)
    elif growth is not None and baseline is not None:
        for figure in (*_FIGURES, "memory"):
            before = figure_of(baseline, figure)
            if before is not None:
                check = Check(figure, figure_of(report, figure), before * (1 + growth), before)
                checks.append(_blamed(check, report, baseline))
    return Verdict(name, report.target, tuple(checks), notes=notes)


def _blamed(check: Check, report: Written, baseline: Written | None) -> Check:
    """A check that fails with the modules to blame, where the figure is one that adds up."""
    if check.is_kept or check.figure not in _FIGURES:
        return check
    figure = attrgetter(_FIGURES[check.figure])
    if baseline is None:
        found = [(layer.scope or "the model itself", figure(layer.own)) for layer in report.layers]
    else:
        changes = difference(baseline, report).changes
        found = [
            (
                change.scope or "the model itself",
                figure(change.counts[1]) - figure(change.counts[0]),
            )
            for change in changes
        ]
    dearest = sorted((entry for entry in found if entry[1] > 0), key=lambda entry: -entry[1])
    return Check(check.figure, check.value, check.limit, check.baseline, tuple(dearest[:SHOWN]))
