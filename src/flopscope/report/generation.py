"""What generating text costs, and how to show it: what its formats render, and these by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from json import loads
from pathlib import Path
from typing import Any, TypeAlias

from flopscope.analysis.generation.bounds import Bounds
from flopscope.analysis.generation.generation import Generation
from flopscope.files import write
from flopscope.measurements import Environment
from flopscope.registry import Registry
from flopscope.report import View, format_of
from flopscope.report.terminal import screen_of


@dataclass(frozen=True, repr=False)
class GenerationReport:
    """Everything that was found out about one model that generates text.

    Printing it shows the tables, as wide as the terminal.

    Attributes:
        target: the model as the user named it.
        environment: what it was made with.
        generation: the counts.
        bounds: how fast it could be at best, for each of the devices that were asked about.
    """

    target: str
    environment: Environment
    generation: Generation
    bounds: tuple[Bounds, ...] = ()

    def to_json(self) -> str:
        """The report as JSON text, schema ``flopscope.generation/1``."""
        return GENERATION_FORMATS["json"](self, View())

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it, in plain dicts and lists."""
        document: dict[str, Any] = loads(self.to_json())
        return document

    def save(self, path: str | Path) -> None:
        """Write the report to a file, in the format that its suffix names.

        Raises:
            UsageError: no format has this suffix.
            FlopscopeError: the file cannot be written. One that was there is left as it was.
        """
        write(path, GENERATION_FORMATS[format_of(path, GENERATION_SUFFIXES)](self, View()))

    def __str__(self) -> str:
        screen = screen_of(sys.stdout)
        return GENERATION_FORMATS["table"](self, View(width=screen.width, ascii=screen.ascii))

    __repr__ = __str__


RenderGeneration: TypeAlias = Callable[[GenerationReport, View], str]

GENERATION_FORMATS: Registry[RenderGeneration] = Registry(
    {
        "table": "flopscope.report.generation_table:render",
        "json": "flopscope.report.generation_json:render",
    }
)
"""The formats of a single report, for one of generating."""

GENERATION_SUFFIXES = {".txt": "table", ".json": "json"}
"""The format of a file by its name's ending."""
