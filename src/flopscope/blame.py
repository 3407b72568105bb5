"""An exception out of the user's code as one line: what it was, and where in their code."""

from __future__ import annotations

import importlib
import os
import textwrap
import traceback
from pathlib import Path

LONGEST_MESSAGE = 300
"""Characters of an exception's message that fit a line someone will read."""

CUDA_ONLY = frozenset(
    {
        *("apex", "causal_conv1d", "deep_ep", "deep_gemm", "flash_attn", "flash_attn_interface"),
        *("mamba_ssm", "transformer_engine", "triton", "vllm", "xformers"),
    }
)
"""Packages that do nothing, or cannot be installed, where there is no CUDA."""

_STDLIB = Path(os.__file__).parent
_IMPORTING = importlib.import_module.__code__.co_filename
_FLOPSCOPE = Path(__file__).parent
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
    nearest = min(distance(path) for path, _ in frames)
    path, line = [frame for frame in frames if distance(frame[0]) == nearest][-1]
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
    """A path as a reader wants it: from the working directory, or from where packages lie."""
    absolute = Path(path).absolute()
    here = Path.cwd()
    if absolute.is_relative_to(here):
        return str(absolute.relative_to(here))
    return str(_installed(absolute) or absolute)


def _installed(path: Path) -> Path | None:
    """The path from the directory of installed packages on, or None where it lies elsewhere."""
    place = next((i for i, part in enumerate(path.parts) if part in _INSTALLED), None)
    return None if place is None else Path(*path.parts[place + 1 :])


def distance(path: str) -> int:
    """How far from the user a file is: 0 their own, 1 installed, 2 torch or standard library."""
    installed = _installed(Path(path))
    if installed is not None:
        return 2 if installed.parts[0] == "torch" else 1
    return 2 if Path(path).is_relative_to(_STDLIB) else 0
