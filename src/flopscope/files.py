"""Text into a file, whole or not at all; and where files are kept."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from flopscope.errors import FlopscopeError, InputError

CACHE_FOLDER = "FLOPSCOPE_CACHE_DIR"
"""The environment variable that names the folder for what is kept from one run to the next."""


def cache_folder() -> Path:
    """That folder, or else one in the user's own cache.

    Raises:
        RuntimeError: the user has no home.
    """
    own = os.environ.get(CACHE_FOLDER)
    if own:
        return Path(own)
    parent = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(parent) if parent else Path.home() / ".cache") / "flopscope"


def write(path: str | Path, text: str) -> None:
    """Replace a file by text and a final line break; a reader never sees a part of it.

    Raises:
        FlopscopeError: the file cannot be written. One that was there is left as it was.
    """
    target = Path(path).resolve()
    try:
        if target.exists() and not target.is_file():  # a device or a pipe: nothing to replace
            target.write_text(f"{text}\n", encoding="utf-8")
        else:
            _replace(target, f"{text}\n")
    except OSError as error:
        raise FlopscopeError(
            f"cannot write {path}: {error.strerror or type(error).__name__}",
            hint="does its folder exist, and may you write there?",
        ) from error


def read_json(path: Path, hint: str = "") -> Any:
    """What a file of JSON holds.

    Raises:
        InputError: it can't be read, or is something else; with the hint.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint) from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}", hint) from error


def _replace(target: Path, text: str) -> None:
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:  # an interrupt too must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise
