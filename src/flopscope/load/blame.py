"""An exception out of the user's code as one line: what it was, and where in their code."""

from __future__ import annotations

import importlib
import os
import textwrap
import traceback
from pathlib import Path

LONGEST_MESSAGE = 300
"""Characters of an exception's message that fit a line someone will read."""

_STDLIB = Path(os.__file__).parent
_IMPORTING = importlib.import_module.__code__.co_filename
_FLOPSCOPE = Path(__file__).parents[1]
_INSTALLED = {"site-packages", "dist-packages"}


def describe(error: BaseException) -> str:
    """``"ZeroDivisionError: division by zero (mypkg/net.py:3)"``, in one line."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    line = textwrap.shorten(message, LONGEST_MESSAGE, placeholder=" ...")
    name = type(error).__name__
    place = location(error)
    return (f"{name}: {line}" if line else name) + (f" ({place})" if place else "")


def location(error: BaseException) -> str | None:
    """The ``file:line`` of the user's code that an exception came from.

    That is the last frame of their own code; of an installed package, when it has none of
    theirs; of torch or the standard library after that. None when there is no Python frame.
    """
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith("<"):
        return f"{shown(error.filename)}:{error.lineno}"
    frames = foreign_frames(error)
    if not frames:
        return None
    nearest = min(_distance(path) for path, _ in frames)
    path, line = [frame for frame in frames if _distance(frame[0]) == nearest][-1]
    return f"{shown(path)}:{line}"


def foreign_frames(error: BaseException) -> list[tuple[str, int]]:
    """The (file, line) of each frame that is neither flopscope's nor the import machinery's."""
    return [
        (path, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not (path := frame.f_code.co_filename).startswith("<")
        and not Path(path).is_relative_to(_FLOPSCOPE)
        and path != _IMPORTING
    ]


def shown(path: str) -> str:
    """A path as a reader wants it: relative when it lies under the working directory."""
    absolute = Path(path).absolute()
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def _distance(path: str) -> int:
    """How far from the user a file is: 0 their own, 1 installed, 2 torch or standard library."""
    parts = Path(path).parts
    installed = next((i for i, part in enumerate(parts) if part in _INSTALLED), None)
    if installed is not None:
        return 2 if parts[installed + 1] == "torch" else 1
    return 2 if Path(path).is_relative_to(_STDLIB) else 0
