"""A report and how to show it: what every output format renders."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from json import loads
from pathlib import Path
from typing import Any

from flopscope.analysis.fitting import Fit
from flopscope.analysis.ideal import Ideals
from flopscope.analysis.restatement import Restatement
from flopscope.analysis.training import Training
from flopscope.files import write
from flopscope.measurements import Environment, Reading, Timing
from flopscope.records import Assumption, Scope, TensorSpec
from flopscope.report.formats import FORMATS, PLOTS, SUFFIXES, format_of
from flopscope.report.terminal import screen_of
from flopscope.tree import Node, OperatorTotal, Profile, Uncounted

__all__ = ["FORMATS", "PLOTS", "SUFFIXES", "Report", "View", "format_of"]


@dataclass(frozen=True, repr=False)
class Report:
    """Everything one run found out about one model on one input.

    Printing it shows the table, as wide as the terminal.

    Attributes:
        target: the model as the user named it.
        inputs: the tensors it was given, by name or position.
        environment: what it was made with.
        profile: the counts.
        module: the part of the model that is reported on, by its dotted path; ``""`` is all of it.
        assumptions: values that were supplied by rule.
        notes: what a reader should know: what was skipped and why.
        timing: measured time, or None (the notes say why).
        ideals: the least times that the device allows, or None where its limits are not known.
        readings: what other counters say.
        restatement: the counts in another convention, or None where none was asked for.
        training: what a training step is spent on, or None of a forward pass alone.
        fit: the batch that fits into some memory, or None where that was not asked for.
    """

    target: str
    inputs: tuple[tuple[str, TensorSpec], ...]
    environment: Environment
    profile: Profile
    module: Scope = ""
    assumptions: tuple[Assumption, ...] = ()
    notes: tuple[str, ...] = ()
    timing: Timing | None = None
    ideals: Ideals | None = None
    readings: tuple[Reading, ...] = ()
    restatement: Restatement | None = None
    training: Training | None = None
    fit: Fit | None = None

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass; at least so many where some are uncounted."""
        return self.profile.root.cost.macs

    @property
    def flops(self) -> int:
        """Floating-point operations of one forward pass; at least so many as above."""
        return self.profile.root.cost.flops

    @property
    def bytes_moved(self) -> int:
        return self.profile.root.cost.bytes_moved

    @property
    def params(self) -> int:
        """Elements of all parameters, shared ones once."""
        return self.profile.root.params

    @property
    def trainable_params(self) -> int:
        return self.profile.root.trainable_params

    @property
    def buffers(self) -> int:
        """Elements of all buffers, shared ones once."""
        return self.profile.root.buffers

    @property
    def modules(self) -> Mapping[Scope, Node]:
        """Every module by its dotted path, parents first; the model itself is ``""``."""
        return self.profile.nodes

    @property
    def operators(self) -> tuple[OperatorTotal, ...]:
        """Totals per operator, dearest first."""
        return self.profile.operators

    @property
    def uncounted(self) -> tuple[Uncounted, ...]:
        """Operators without a formula, largest first: empty when the count is complete."""
        return self.profile.uncounted

    @cached_property
    def incomplete(self) -> frozenset[Scope]:
        """The modules whose totals lack the work of an uncounted operator."""
        inside = {scope for entry in self.uncounted for scope in entry.scopes}
        around = {
            ".".join(parts[:length])
            for parts in (scope.split(".") for scope in inside)
            for length in range(len(parts))
        }
        return frozenset(inside | around)

    def to_json(self) -> str:
        """The report as JSON text, schema ``flopscope.report/1``."""
        return FORMATS["json"](self, View())

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it, in plain dicts and lists."""
        document: dict[str, Any] = loads(self.to_json())
        return document

    def save(self, path: str | Path) -> None:
        """Write the report to a file, in the format that its suffix names.

        Raises:
            UsageError: no format has this suffix.
            FlopscopeError: the file cannot be written, or the report lacks what the format is of. A
                file that was there is left as it was.
        """
        write(path, FORMATS[format_of(path)](self, View()))

    def __str__(self) -> str:
        screen = screen_of(sys.stdout)
        return FORMATS["table"](self, View(width=screen.width, ascii=screen.ascii))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows: a table that needs neither scripts nor style sheets."""
        from flopscope.report.notebook import render  # noqa: PLC0415 - it renders what is this

        return render(self, View())


@dataclass(frozen=True, slots=True)
class View:
    """How to show a report.

    Attributes:
        depth: show modules down to this level (the root is 0), or None for all.
        columns: names of columns, or () for the default ones.
        sort: a column's name to order siblings by, largest first, or None for execution order.
        fold: show runs of identical blocks as one row.
        weight: what modules are drawn as large as, by its name, or None for the format's own.
        width: of the terminal in cells, or None to take as much as the content needs.
        color: style the text with ANSI codes.
        ascii: use ASCII characters alone.
    """

    depth: int | None = None
    columns: tuple[str, ...] = ()
    sort: str | None = None
    fold: bool = True
    weight: str | None = None
    width: int | None = None
    color: bool = False
    ascii: bool = False
