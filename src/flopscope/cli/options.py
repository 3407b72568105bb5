"""Options that click has no type for: devices, columns and files of reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from flopscope.assumptions import parse as parse_assumptions
from flopscope.counters import COUNTERS
from flopscope.errors import UsageError
from flopscope.load.config_file import check_config_suffix
from flopscope.load.given import is_floating, parse_given
from flopscope.load.inputs import parse_dtype
from flopscope.load.spelling import did_you_mean
from flopscope.load.target import parse_target
from flopscope.report import format_of
from flopscope.report.columns import COLUMNS
from flopscope.request import Request

COLUMN_NAMES = tuple(column.name for column in COLUMNS)


def read_device(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N``."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise click.BadParameter(
            f"'{value}' is not one of auto, cpu, cuda, cuda:0, ...", ctx, param
        )
    return value


def read_names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Names between commas."""
    del ctx, param
    return tuple(name.strip() for name in value.split(",")) if value else ()


def check_columns(names: Sequence[str], counters: Sequence[str]) -> None:
    """Make sure that a report which these counters take part in has these columns.

    Raises:
        UsageError: it lacks one.
    """
    available = (*COLUMN_NAMES, *counters)
    for name in names:
        if name in available:
            continue
        if name in COUNTERS:
            raise UsageError(f"no column '{name}' without that counter", f"add --counter {name}")
        listed = did_you_mean(name, available) or f"the columns are {', '.join(available)}"
        raise UsageError(f"no column '{name}'", listed)


def check_request(request: Request) -> None:
    """Make sure that what was typed can be read: of the target, its arguments and its inputs.

    Raises:
        UsageError, TargetError, InputError: something cannot.
    """
    parse_assumptions(request.assume)
    parse_target(request.target, request.arguments)
    parse_given(request.inputs)
    if request.inputs.function is not None:
        parse_target(request.inputs.function)
    if request.config is not None:
        check_config_suffix(request.config)
    if request.autocast is not None and not is_floating(parse_dtype(request.autocast)):
        raise UsageError(f"nothing is cast to {request.autocast}", hint="write --autocast bf16")


def check_output(path: Path) -> None:
    """Make sure that a report can be written to a file, in the format of its suffix.

    Raises:
        UsageError: no format has that suffix, or there is no such directory.
    """
    format_of(path)
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a directory", hint="name a file in it")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(
            f"cannot write {path}: there is no directory {folder}", hint=f"mkdir -p {folder}"
        )
