"""The finished points of a sweep on disk, a line each, for a run that goes on where one ended."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flopscope.analysis.sweep.rows import Row
from flopscope.errors import FlopscopeError
from flopscope.files import CACHE_FOLDER, cache_folder


class Kept:
    """A file of rows, each under all that determines it.

    Lines are written whole and flushed to the disk before the next point is begun. What a killed
    run left of a line is dropped.

    Args:
        path: of the file, or None where rows are to be forgotten at the end.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.rows: dict[str, Row] = {}
        if path is not None:
            self._read(path)

    def __contains__(self, sizes: Mapping[str, int]) -> bool:
        return _name(sizes) in self.rows

    def row(self, sizes: Mapping[str, int]) -> Row:
        """The row that is kept for these sizes."""
        return self.rows[_name(sizes)]

    def add(self, *rows: Row) -> None:
        """Keep rows.

        Raises:
            FlopscopeError: the file cannot be written.
        """
        self.rows |= {_name(row.sizes): row for row in rows}
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write("".join(f"{json.dumps(asdict(row))}\n" for row in rows))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FlopscopeError(
                f"finished points cannot be kept: {error}", hint=f"{CACHE_FOLDER} names a folder"
            ) from error

    def forget(self) -> None:
        """Remove the file: everything was finished."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self.rows.clear()

    def _read(self, path: Path) -> None:
        with suppress(OSError):
            text = path.read_text(encoding="utf-8")
            whole, _, rest = text.rpartition("\n")
            for line in whole.splitlines():
                with suppress(ValueError, TypeError, KeyError):  # something else wrote it
                    row = Row(**json.loads(line))
                    self.rows[_name(row.sizes)] = row
            if rest:
                os.truncate(path, len(text.encode()) - len(rest.encode()))


def kept_in(described: Mapping[str, Any]) -> Kept:
    """The rows of a sweep that is described by all that determines what comes of it.

    Raises:
        FlopscopeError: there is no folder for them.
    """
    text = json.dumps(described, sort_keys=True, default=str)
    name = hashlib.sha256(text.encode()).hexdigest()[:24]
    try:
        folder = cache_folder()
    except RuntimeError as error:  # the user has no home
        raise FlopscopeError(
            f"finished points cannot be kept: {error}", hint=f"{CACHE_FOLDER} names a folder"
        ) from error
    return Kept(folder / "sweeps" / f"{name}.jsonl")


def _name(sizes: Mapping[str, int]) -> str:
    return json.dumps(dict(sizes), sort_keys=True)
