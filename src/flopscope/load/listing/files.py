"""Files that are targets, or lead to them, while their paths are typed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from flopscope.load.target import SUFFIXES

CONFIG = "config.json"
"""The file that makes a directory a model of transformers, or of diffusers."""

REPORT = ".json"


def files(typed: str, *, scripts: bool) -> Iterator[str]:
    """Paths of exported programs and saved models, of Python files, and of directories.

    Args:
        typed: the beginning of a path.
        scripts: whether to give Python files and packages of the working directory, too, which
            are modules.
    """
    for path, is_directory in _entries(typed):
        suffix = Path(path).suffix.lower()
        if is_directory and (scripts or not (Path(path) / "__init__.py").is_file()):
            yield f"{path}/"
        elif suffix == ".py" and scripts:
            yield f"{path}:"
        elif suffix in SUFFIXES:
            yield path


def configs(typed: str) -> Iterator[str]:
    """Paths of directories, those with a config without a slash behind them."""
    for path, is_directory in _entries(typed):
        if is_directory:
            has_config = (Path(path).expanduser() / CONFIG).is_file()
            yield path if has_config else f"{path}/"


def reports(typed: str) -> Iterator[str]:
    """Paths of files that may be reports."""
    return (path for path, is_directory in _entries(typed) if path.endswith(REPORT))


def _entries(typed: str) -> Iterator[tuple[str, bool]]:
    """Paths that begin so, hidden ones only if asked for, and whether each is a directory."""
    folder, slash, beginning = typed.rpartition("/")
    there = Path(f"{folder}{slash}" or ".").expanduser()
    try:
        entries = sorted(os.scandir(there), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        hidden = entry.name.startswith((".", "__")) and not beginning
        if entry.name.startswith(beginning) and not hidden:
            yield f"{folder}{slash}{entry.name}", entry.is_dir()
