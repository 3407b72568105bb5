"""Several reports, and what failed beside them, as one: a line each, and the formats by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

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
        "json": "flopscope.report.json:render_several",
    }
)
"""The formats of a single report, for several."""
