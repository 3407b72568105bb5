"""Several reports, and what failed beside them, as one: a line each, and the formats by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.errors import UsageError
from flopscope.registry import Registry
from flopscope.report import Report, View


@dataclass(frozen=True, slots=True)
class Failure:
    """A target that could not be profiled.

    Attributes:
        target: as the user named it.
        message: what failed.
        hint: what to do about it, or "".
        exit_code: what a run of it alone would end with.
    """

    target: str
    message: str
    hint: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Several:
    """What came of several targets, in the order in which they were named."""

    reports: tuple[Report, ...]
    failures: tuple[Failure, ...] = ()


RenderSeveral: TypeAlias = Callable[[Several, View], str]

SEVERAL_FORMATS: Registry[RenderSeveral] = Registry(
    {
        "table": "flopscope.report.table:render_several",
        "tree": "flopscope.report.tree:render_several",
        "json": "flopscope.report.json:render_several",
        "csv": "flopscope.report.csv:render_several",
        "tsv": "flopscope.report.csv:render_several_tsv",
        "markdown": "flopscope.report.markdown:render_several",
        "latex": "flopscope.report.latex:render_several",
        "speedscope": "flopscope.report.speedscope:render_several",
        "collapsed": "flopscope.report.collapsed:render_several",
        "chrome": "flopscope.report.chrome:render_several",
    }
)
"""The formats that show several reports. The others draw one model."""


def require_for_several(format_name: str) -> None:
    """Raise UsageError where a format of one report is none of several."""
    if format_name not in SEVERAL_FORMATS:
        raise UsageError(
            f"{format_name} shows one model, and there are several",
            hint=f"profile them one by one, or use one of {', '.join(SEVERAL_FORMATS)}",
        )
