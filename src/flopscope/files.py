"""Text into a file, whole or not at all; and where files are kept."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    with _told(path):
        if target.exists() and not target.is_file():  # a device or a pipe: nothing to replace
            target.write_text(f"{text}\n", encoding="utf-8")
        else:
            _replace(target, f"{text}\n".encode())


def append(path: str | Path, text: str) -> None:
    """Add text and a final line break to the end of a file, all of it or nothing.

    Raises:
        FlopscopeError: the file cannot be written.
    """
    left = f"{text}\n".encode()
    with _told(path), Path(path).open("ab", buffering=0) as file:
        end = file.tell()
        try:
            while left:
                left = left[file.write(left) :]
        except BaseException:
            with suppress(OSError):  # a device has no end
                file.truncate(end)
            raise


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


def parse_toml(text: str) -> dict[str, Any]:
    """What a text in TOML says.

    Raises:
        ValueError: it isn't TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    found: dict[str, Any] = tomllib.loads(text)
    return found


@contextmanager
def _told(path: str | Path) -> Iterator[None]:
    """Around the writing of a file: what goes wrong as a line, and what to do about it."""
    try:
        yield
    except OSError as error:
        raise FlopscopeError(
            f"cannot write {path}: {error.strerror or type(error).__name__}",
            hint="make room there, or write it elsewhere"
            if error.errno in _FULL
            else "does its folder exist, and may you write there?",
        ) from error


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        unnamed = _unnamed(target.parent)
        with temporary.open("xb") if unnamed is None else os.fdopen(unnamed, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if unnamed is not None:
                os.link(f"{_OWN_FILES}/{unnamed}", temporary, src_dir_fd=unnamed)
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:  # an interrupt too must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise


_OWN_FILES = "/proc/self/fd"


def _unnamed(folder: Path) -> int | None:
    """A new file that has no name yet, so that a process that is killed leaves nothing of it.

    Returns:
        Its descriptor, or None where the system or the folder has no such files.
    """
    kind = getattr(os, "O_TMPFILE", None)
    if kind is None or not Path(_OWN_FILES).is_dir():
        return None
    try:
        return os.open(folder, os.O_WRONLY | kind, 0o666)
    except OSError:
        return None
