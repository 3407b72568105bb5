"""What generating text costs, and how to show it: what its formats render, and these by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.analysis.generation.bounds import Bounds
from flopscope.analysis.generation.generation import Generation
from flopscope.measurements import Environment
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.rendered import Rendered

RenderGeneration: TypeAlias = "Callable[[GenerationReport, View], str]"

GENERATION_FORMATS: Registry[RenderGeneration] = Registry(
    {
        "table": "flopscope.report.generation_table:render",
        "json": "flopscope.report.generation_json:render",
    }
)
"""The formats of a single report, for one of generating."""

GENERATION_SUFFIXES = {".txt": "table", ".json": "json"}
"""The format of a file by its name's ending."""


@dataclass(frozen=True, repr=False)
class GenerationReport(Rendered):
    """Everything that was found out about one model that generates text.

    Printing it shows the tables, as wide as the terminal.

    Attributes:
        target: the model as the user named it.
        environment: what it was made with.
        generation: the counts.
        bounds: how fast it could be at best, for each of the devices that were asked about.
    """

    formats = GENERATION_FORMATS
    suffixes = GENERATION_SUFFIXES

    target: str
    environment: Environment
    generation: Generation
    bounds: tuple[Bounds, ...] = ()
