"""A column of a report: a figure of every row, and when it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from flopscope.report.rows import Row
from flopscope.report.unit import Unit

if TYPE_CHECKING:
    from flopscope.report import Report

Value: TypeAlias = "str | int | float | None"

Kind: TypeAlias = Literal["name", "text", "count", "arithmetic", "figure"]
"""What may be done with a cell.

A ``name`` may be shortened, a ``text`` may not. A ``count`` adds up over a level; so does
``arithmetic``, but without the work of uncounted operators. A ``figure`` does not add up.
"""


def always(report: Report) -> bool:
    """Shown unless other columns are asked for."""
    del report
    return True


def on_request(report: Report) -> bool:
    """Shown when asked for."""
    del report
    return False


def when_ours(report: Report) -> bool:
    """Shown where the counts are not restated in another convention."""
    return report.restatement is None


def when_timed(report: Report) -> bool:
    """Shown where time was measured."""
    return report.timing is not None


def when_limited(report: Report) -> bool:
    """Shown where time was measured on a machine whose limits are known."""
    return report.timing is not None and report.ideals is not None


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of every row.

    Attributes:
        name: what it is asked for by.
        title: what stands above it for a reader.
        key: what stands above it for a program: the unit is in the name.
        value: the figure, or None where it is unknown.
        unit: what the figure is in.
        kind: what sort of figure it is.
        importance: where space is short, the least important goes first.
        shown: whether a report shows it without being asked.
        of_models: whether it is of whole models alone: a table of several shows it where one of
            them has it.
    """

    name: str
    title: str
    key: str
    value: Callable[[Row, Report], Value]
    unit: Unit
    kind: Kind
    importance: int
    shown: Callable[[Report], bool] = always
    of_models: bool = False

    @property
    def in_words(self) -> bool:
        """Whether its cells begin at the left."""
        return self.kind in {"name", "text"}

    def cell(self, row: Row, report: Report) -> str:
        """The figure as a reader sees it: "-" is unknown, "≥" lacks an uncounted operator."""
        value = self.value(row, report)
        if value is None:
            return "-"
        at_least = self.kind == "arithmetic" and is_incomplete(row, report)
        return f"{'≥' if at_least else ''}{self.unit.text(value)}"


def is_incomplete(row: Row, report: Report) -> bool:
    """Whether the row's totals lack the work of an uncounted operator."""
    if row.kind == "own":
        lacking = {scope for entry in report.uncounted for scope in entry.scopes}
        return any(node.scope in lacking for node in row.nodes)
    return any(node.scope in report.incomplete for node in row.nodes)
