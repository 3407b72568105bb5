"""A report and how to show it: what every output format renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from flopscope.analysis.fitting import Fit
from flopscope.analysis.ideal import Ideals
from flopscope.analysis.restatement import Restatement
from flopscope.analysis.training import Training
from flopscope.measurements import Environment, Reading, Timing
from flopscope.records import Assumption, Scope, TensorSpec
from flopscope.report.formats import FORMATS, PLOTS, SUFFIXES, format_of
from flopscope.report.rendered import Rendered
from flopscope.report.view import View
from flopscope.tree import Node, OperatorTotal, Profile, Uncounted

__all__ = ["FORMATS", "PLOTS", "SUFFIXES", "Report", "View", "format_of"]


@dataclass(frozen=True, repr=False)
class Report(Rendered):
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

    formats = FORMATS
    suffixes = SUFFIXES

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

    def _repr_html_(self) -> str:
        """What a notebook shows: a table that needs neither scripts nor style sheets."""
        from flopscope.report.notebook import render  # noqa: PLC0415 - it renders what is this

        return render(self, View())
