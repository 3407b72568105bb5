"""What can be shown in several formats, and be written to a file in the one that its name says."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from json import loads
from pathlib import Path
from typing import Any, ClassVar

from flopscope.files import write
from flopscope.registry import Registry
from flopscope.report.formats import format_of
from flopscope.report.terminal import screen_of
from flopscope.report.view import View


class Rendered:
    """Printing it shows the table, as wide as the terminal.

    Attributes:
        formats: what renders it, by name; a table and JSON are among them.
        suffixes: the format of a file by its name's ending.
    """

    formats: ClassVar[Registry[Any]]
    suffixes: ClassVar[Mapping[str, str]]

    def to_json(self) -> str:
        """All of it as JSON text, the schema named first."""
        return self._as("json", View())

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON holds it, in plain dicts and lists."""
        document: dict[str, Any] = loads(self.to_json())
        return document

    def save(self, path: str | Path) -> None:
        """Write it to a file, in the format that its suffix names.

        Raises:
            UsageError: no format has this suffix.
            FlopscopeError: the file cannot be written, or this lacks what the format is of. A file
                that was there is left as it was.
        """
        write(path, self._as(format_of(path, self.suffixes), View()))

    def __str__(self) -> str:
        screen = screen_of(sys.stdout)
        return self._as("table", View(width=screen.width, ascii=screen.ascii))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows: the table, whose lines it would fold otherwise."""
        from flopscope.report.html.facts import said  # noqa: PLC0415 - it renders what is this

        shown = "\n".join(map(said, self._as("table", View()).splitlines()))
        return f'<pre style="white-space: pre">{shown}</pre>'

    def _as(self, name: str, view: View) -> str:
        text: str = self.formats[name](self, view)
        return text
