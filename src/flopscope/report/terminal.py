"""What a text stream can show: how wide it is, whether in colour, whether in more than ASCII."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_BEYOND_ASCII = "├│└─×·≥µ…"


@dataclass(frozen=True, slots=True)
class Screen:
    """A stream's abilities, in the terms of a View.

    Attributes:
        width: of the terminal in cells, or None for a pipe or a file.
        color: whether to send ANSI codes.
        ascii: whether its encoding lacks the characters that a table is drawn with.
    """

    width: int | None
    color: bool
    ascii: bool


def screen_of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Screen:
    """Look at a stream, and at ``NO_COLOR`` and ``FORCE_COLOR`` (no-color.org, force-color.org)."""
    in_terminal = stream.isatty()
    willing = in_terminal and environ.get("TERM") != "dumb"
    return Screen(
        width=shutil.get_terminal_size().columns if in_terminal else None,
        color=not environ.get("NO_COLOR") and (willing or bool(environ.get("FORCE_COLOR"))),
        ascii=not _can_write(stream.encoding or "utf-8"),
    )


def _can_write(encoding: str) -> bool:
    try:
        _BEYOND_ASCII.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
