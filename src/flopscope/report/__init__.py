"""A report and how to show it: the value that every output format renders, and the formats by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.records import Assumption, Environment, Reading, TensorSpec, Timing
from flopscope.registry import Registry
from flopscope.tree import Profile


@dataclass(frozen=True)
class Report:
    """Everything one run found out about one model on one input.

    Attributes:
        target: the model as the user named it.
        inputs: the tensors it was given, by name or position.
        environment: what it was made with.
        profile: the counts.
        assumptions: values that were supplied by rule.
        notes: what a reader should know: what was skipped and why.
        timing: measured time, or None (the notes say why).
        readings: what other counters say.
    """

    target: str
    inputs: tuple[tuple[str, TensorSpec], ...]
    environment: Environment
    profile: Profile
    assumptions: tuple[Assumption, ...] = ()
    notes: tuple[str, ...] = ()
    timing: Timing | None = None
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """How to show a report.

    Attributes:
        depth: show modules down to this level (the root is 0), or None for all.
        columns: names of columns, or () for the default ones.
        sort: a column's name to order siblings by, largest first, or None for execution order.
        fold: show runs of identical blocks as one row.
        width: of the terminal in cells, or None to take as much as the content needs.
        color: style the text with ANSI codes.
        ascii: use ASCII characters alone.
    """

    depth: int | None = None
    columns: tuple[str, ...] = ()
    sort: str | None = None
    fold: bool = True
    width: int | None = None
    color: bool = False
    ascii: bool = False


Render: TypeAlias = Callable[[Report, View], str]

FORMATS: Registry[Render] = Registry(
    {
        "table": "flopscope.report.table:render",
        "json": "flopscope.report.json:render",
    }
)
