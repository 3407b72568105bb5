"""A sweep as a table, as CSV or JSON, or as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from flopscope.analysis.sweep.rows import Sweep
from flopscope.errors import UsageError
from flopscope.registry import Registry


@dataclass(frozen=True, slots=True)
class SweepView:
    """How to show a sweep.

    Attributes:
        columns: names of columns.
        best: the places of the rows that no other row beats.
        against: the symbol to plot against, or None for the one with most sizes.
        plotted: the column to plot.
        width: of the terminal in cells, or None to take as much as the content needs.
        ascii: use ASCII characters alone.
    """

    columns: tuple[str, ...]
    best: Sequence[int] | None = None
    against: str | None = None
    plotted: str = "flops"
    width: int | None = None
    ascii: bool = False


RenderSweep: TypeAlias = Callable[[Sweep, SweepView], str]
"""A sweep as text, without a line break at its end."""

SWEEP_FORMATS: Registry[RenderSweep] = Registry(
    {
        "table": "flopscope.report.sweep.table:render",
        "csv": "flopscope.report.sweep.csv:render",
        "json": "flopscope.report.sweep.json:render",
    }
)

SWEEP_SUFFIXES: Mapping[str, str] = {".txt": "table", ".csv": "csv", ".json": "json"}
"""The format of a file by its name's ending."""

PICTURES = (".svg", ".png", ".pdf")
"""Endings of files that are drawn by matplotlib."""


def sweep_format_of(path: Path) -> str | None:
    """The format that a file's suffix stands for; None for a picture.

    Raises:
        UsageError: it stands for none.
    """
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return None
    if suffix not in SWEEP_SUFFIXES:
        raise UsageError(
            f"no format is known by the name of {str(path)!r}",
            hint=f"end it in {', '.join((*SWEEP_SUFFIXES, *PICTURES))}",
        )
    return SWEEP_SUFFIXES[suffix]
