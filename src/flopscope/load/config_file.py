"""A file of settings, in JSON, YAML or TOML, to the mapping in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flopscope.errors import InputError, UsageError
from flopscope.files import parse_toml


def read_config(path: Path) -> dict[str, Any]:
    """The settings in a file, of the format that its suffix names.

    Raises:
        UsageError: no format has that suffix.
        InputError: there is no such file, it is not in that format, or holds no mapping.
    """
    check_config_suffix(path)
    read = _READERS[path.suffix.lower()]
    try:
        settings = read(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # what each of the readers raises
        raise InputError(
            f"{path} is not {read.__name__.strip('_').upper()}: {_line(error)}"
        ) from error
    if not isinstance(settings, dict) or not all(isinstance(name, str) for name in settings):
        raise InputError(
            f"{path} holds no mapping from names to values",
            hint="its top level is the keyword arguments of what the target names",
        )
    return settings


def check_config_suffix(path: Path) -> None:
    """Make sure that a file's suffix is of a known format.

    Raises:
        UsageError: it is not.
    """
    if path.suffix.lower() not in _READERS:
        raise UsageError(
            f"no format of settings is known by the name of '{path}'",
            hint=f"end it in {', '.join(_READERS)}",
        )


def _json(text: str) -> Any:
    return json.loads(text)


def _toml(text: str) -> Any:
    return parse_toml(text)


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


_READERS: Mapping[str, Callable[[str], Any]] = {
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".toml": _toml,
}


def _line(error: ValueError) -> str:
    return " ".join(str(error).split())
