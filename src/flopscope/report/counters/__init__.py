"""What other counters make of a model beside us, and why: the record, and its formats by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.conventions.weighing import Unit
from flopscope.analysis.reconciliation import Reconciliation
from flopscope.measurements import Reading
from flopscope.registry import Registry
from flopscope.report import Report, View
from flopscope.report.rendered import Rendered


@dataclass(frozen=True, slots=True)
class Account:
    """One counter beside us.

    Attributes:
        name: the counter.
        reading: what it said, or None where it was not run.
        reconciliation: how its figure comes out of ours; None where its rules are not known.
    """

    name: str
    reading: Reading | None
    reconciliation: Reconciliation | None

    @property
    def params(self) -> int | None:
        """How many parameters it found."""
        return None if self.reading is None else self.reading.params

    @property
    def seconds(self) -> float | None:
        """What counting took it."""
        return None if self.reading is None else self.reading.seconds

    @property
    def unit(self) -> Unit | None:
        """What its figure really is; None where nothing is known of it."""
        if self.reconciliation is not None and self.reconciliation.unit != "params":
            return self.reconciliation.unit
        return None if self.reading is None else self.reading.unit

    @property
    def label(self) -> str:
        """What it calls its figure itself."""
        if self.reading is not None and self.reading.label:
            return self.reading.label
        convention = CONVENTIONS.get(self.name)
        return (self.unit or "") if convention is None else convention.label

    @property
    def figure(self) -> int | None:
        """What it printed; where it was not run, what it would print by its rules."""
        if self.reading is not None:
            return self.reading.value
        return None if self.reconciliation is None else self.reconciliation.predicted

    @property
    def macs(self) -> float | None:
        """Its figure as MACs."""
        if self.figure is None:
            return None
        if self.unit == "MACs":
            return self.figure
        return self.figure / 2 if self.figure % 2 else self.figure // 2

    def difference(self, ours: int) -> float | None:
        """How far it is from so many MACs of ours, as a part of them."""
        return None if self.macs is None or not ours else self.macs / ours - 1


RenderComparison: TypeAlias = "Callable[[CounterComparison, View], str]"

COMPARISON_FORMATS: Registry[RenderComparison] = Registry(
    {
        "table": "flopscope.report.counters.text:render",
        "json": "flopscope.report.counters.json:render",
        "markdown": "flopscope.report.counters.markdown:render",
    }
)

COMPARISON_SUFFIXES: Mapping[str, str] = {".txt": "table", ".md": "markdown", ".json": "json"}
"""The format of a file by its name's ending."""


@dataclass(frozen=True, repr=False)
class CounterComparison(Rendered):
    """What several counters say of one model on one input, and what they make of it.

    Printing it shows the text, as wide as the terminal.

    Attributes:
        report: what we say of it, and the readings of the others.
        asked: the counters that were to be asked.
        reconciliations: by the name of a counter, of those whose rules are known.
        seconds: what our own count took, the model once built.
        absent: counters that would have been asked, but are not installed.
    """

    formats = COMPARISON_FORMATS
    suffixes = COMPARISON_SUFFIXES

    report: Report
    asked: tuple[str, ...]
    reconciliations: Mapping[str, Reconciliation]
    seconds: float | None = None
    absent: tuple[str, ...] = ()

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """Each counter that was to be asked, in that order."""
        readings = {reading.name: reading for reading in self.report.readings}
        return tuple(
            Account(name, readings.get(name), self.reconciliations.get(name)) for name in self.asked
        )
