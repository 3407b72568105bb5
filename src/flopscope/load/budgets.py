"""Budgets of models, as ``[tool.flopscope]`` of a pyproject.toml or a flopscope.toml says them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flopscope.errors import InputError, UsageError
from flopscope.load.config_file import read_config
from flopscope.request import GivenInputs, Request
from flopscope.spelling import did_you_mean
from flopscope.units import parse_quantity

UNITS: Mapping[str, str] = {"params": "", "macs": "", "flops": "", "bytes": "B", "memory": "B"}
"""What a budget can limit, and in which unit."""

GROWTH = "growth"
BASELINE = "flopscope-baseline.json"
FILES = ("flopscope.toml", "pyproject.toml")
"""Where budgets are looked for."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a model may cost.

    Attributes:
        name: what it is called in the file.
        request: the model and its inputs.
        limits: by what they limit: the most that is allowed.
        growth: the most that each figure may grow against the baseline, as a part of it, or None.
    """

    name: str
    request: Request
    limits: Mapping[str, float] = field(default_factory=dict)
    growth: float | None = None


@dataclass(frozen=True, slots=True)
class Budgets:
    """All budgets of a project.

    Attributes:
        path: the file that they are from.
        baseline: the file that growth is measured against.
        budgets: in the order of the file.
    """

    path: Path
    baseline: Path
    budgets: tuple[Budget, ...]


def read_budgets(path: Path | None = None) -> Budgets:
    """The budgets in a file, or in the one that is found in the working directory or above it.

    Raises:
        InputError: there is none, it cannot be read, or says something that cannot be meant.
    """
    path = path or _found(Path.cwd())
    settings = read_config(path)
    section = settings.get("tool", {}).get("flopscope") if _is_pyproject(path) else settings
    if not isinstance(section, Mapping):
        raise InputError(f"{path} has no [tool.flopscope]", hint=_EXAMPLE)
    _check_keys(section, ("baseline", "budgets"), f"{path}: [tool.flopscope]")
    named = section.get("budgets")
    if not isinstance(named, Mapping) or not named:
        raise InputError(f"{path} names no budgets", hint=_EXAMPLE)
    budgets = tuple(_budget(name, entry, f"{path}: budget {name}") for name, entry in named.items())
    return Budgets(path, path.parent / str(section.get("baseline", BASELINE)), budgets)


_EXAMPLE = (
    'write [tool.flopscope.budgets.NAME] with target = "mypkg:Net", shape = "1,3,224,224" and'
    ' macs = "4.2G"'
)


def _is_pyproject(path: Path) -> bool:
    return path.name == "pyproject.toml"


def _found(folder: Path) -> Path:
    for around in (folder, *folder.parents):
        for name in FILES:
            path = around / name
            if path.is_file() and (not _is_pyproject(path) or _has_section(path)):
                return path
    raise InputError(f"no {' or '.join(FILES)} has budgets here or above", hint=_EXAMPLE)


def _has_section(path: Path) -> bool:
    tool = read_config(path).get("tool", {})
    return isinstance(tool, Mapping) and "flopscope" in tool


def _budget(name: str, entry: object, place: str) -> Budget:
    if not isinstance(entry, Mapping):
        raise InputError(f"{place} is not a table", hint=_EXAMPLE)
    _check_keys(entry, (*_OPTIONS, *UNITS, GROWTH, "target"), place)
    if not isinstance(entry.get("target"), str):
        raise InputError(f"{place} names no target", hint=_EXAMPLE)
    options = {key: _option(key, value, place) for key, value in entry.items() if key in _OPTIONS}
    limits = {
        key: _quantity(entry[key], UNITS[key], f"{place}: {key}") for key in UNITS if key in entry
    }
    growth = _percent(entry[GROWTH], f"{place}: {GROWTH}") if GROWTH in entry else None
    if not limits and growth is None:
        raise InputError(
            f"{place} limits nothing", hint=f"it can limit {', '.join(UNITS)}, {GROWTH}"
        )
    return Budget(name, _request(entry["target"], options), limits, growth)


def _request(target: str, options: dict[str, Any]) -> Request:
    inputs = GivenInputs(
        shapes=options.pop("shape", ()),
        structures=options.pop("input", ()),
        kwargs=options.pop("kwarg", ()),
        function=options.pop("inputs", None),
        dtype=options.pop("dtype", None),
        batch=options.pop("batch", None),
        seq=options.pop("seq", None),
    )
    return Request(target, inputs=inputs, time=False, arguments=options.pop("arg", ()), **options)


def _option(key: str, value: object, place: str) -> Any:
    try:
        return _OPTIONS[key](value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{place}: {key} cannot be {value!r}") from error


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _assignments(value: object) -> tuple[str, ...]:
    """``{width = 64}`` or ``["width=64"]``."""
    if isinstance(value, Mapping):
        return tuple(f"{name}={each!r}" for name, each in value.items())
    return _texts(value)


def _size(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeError("it is no positive whole number")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("it is neither true nor false")
    return value


_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "shape": _texts,
    "input": _texts,
    "inputs": str,
    "kwarg": _assignments,
    "arg": _assignments,
    "config": Path,
    "task": str,
    "batch": _size,
    "seq": _size,
    "dtype": str,
    "autocast": str,
    "module": str,
    "assume": _assignments,
    "strict": _switch,
}
"""The options of ``flopscope profile`` that a budget may have, under their names there."""


def _check_keys(entry: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for key in entry:
        if key not in known:
            hint = did_you_mean(key, known) or f"it can have {', '.join(known)}"
            raise InputError(f"{place} has an unknown key '{key}'", hint=hint)


def _quantity(value: object, unit: str, place: str) -> float:
    try:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        amount = float(str(value)) if is_number else parse_quantity(str(value), unit)
    except UsageError as error:
        raise InputError(f"{place}: {error.message}", hint=error.hint) from error
    if not 0 <= amount < math.inf:
        raise InputError(f"{place} cannot be {value}", hint="write it like '1.5 G'")
    return amount


def _percent(value: object, place: str) -> float:
    text = str(value).strip()
    with suppress(ValueError):
        part = float(text.removesuffix("%")) / 100
        if text.endswith("%") and -1 <= part < math.inf:
            return part
    raise InputError(f"{place}: {text!r} is not a percentage", hint='write it "1%"')


def shards(budgets: tuple[Budget, ...], part: int, parts: int) -> Iterator[Budget]:
    """Every budget that falls to one of several runs, counted from 1."""
    yield from budgets[part - 1 :: parts]
