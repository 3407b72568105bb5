"""Values of options that click has no type for: files of reports, devices, lists of columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from flopscope.load.spelling import did_you_mean
from flopscope.report import FORMATS
from flopscope.report.columns import COLUMNS

SUFFIXES: Mapping[str, str] = {".txt": "table", **{f".{name}": name for name in FORMATS}}
"""The format that a file is written in, by the end of its name."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file to write a report to, and in what format."""

    path: Path
    format: str


def read_outputs(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[Output, ...]:
    """Files whose suffix names a format, in directories that exist."""
    return tuple(_output(Path(value), ctx, param) for value in values)


def read_device(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N``."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise click.BadParameter(f"'{value}' is not one of auto, cpu, cuda, cuda:0, ...", ctx, param)
    return value


def read_columns(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Names of columns between commas."""
    names = [name.strip() for name in value.split(",")] if value else []
    for name in names:
        if name not in COLUMNS:
            meant = did_you_mean(name, COLUMNS) or f"the columns are {', '.join(COLUMNS)}"
            raise click.BadParameter(f"no column '{name}': {meant}", ctx, param)
    return tuple(names)


def _output(path: Path, ctx: click.Context, param: click.Parameter) -> Output:
    if path.suffix not in SUFFIXES:
        problem = f"it must end in one of {', '.join(sorted(SUFFIXES))}"
    elif path.is_dir():
        problem = "it is a directory"
    elif not path.parent.is_dir():
        problem = f"there is no directory '{path.parent}'"
    else:
        return Output(path, SUFFIXES[path.suffix])
    raise click.BadParameter(f"cannot write '{path}': {problem}", ctx, param)
