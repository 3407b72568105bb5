"""The options that say how a report is written, and to where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from flopscope.cli.options import (
    Decorator,
    check_output,
    format_option,
    output_option,
    with_options,
)
from flopscope.errors import FlopscopeError, UsageError
from flopscope.files import write
from flopscope.report.formats import FORMATS, SUFFIXES, TIMED, WEIGHTED, format_of
from flopscope.report.several import require_for_several
from flopscope.report.weights import DEFAULT, WEIGHTS
from flopscope.request import Request

_OPTIONS: tuple[Decorator, ...] = (
    format_option(FORMATS),
    output_option(
        "Write the report to a file as well, in the format that its suffix names"
        f" ({', '.join(SUFFIXES)})."
    ),
    click.option(
        "--weight",
        type=click.Choice(list(WEIGHTS)),
        metavar="WEIGHT",
        show_default=DEFAULT,
        help="What modules are drawn as large as in"
        f" {', '.join(name for name in FORMATS if name in WEIGHTED)}: {', '.join(WEIGHTS)} (of"
        " params and outputs).",
    ),
)


@dataclass(frozen=True, slots=True)
class Writing:
    """What is to be written.

    Attributes:
        format_name: of standard output.
        outputs: files, each in the format of its suffix.
        weight: of the formats that have one, or None for the default.
    """

    format_name: str
    outputs: tuple[Path, ...]
    weight: str | None

    @property
    def formats(self) -> frozenset[str]:
        return frozenset({self.format_name, *map(format_of, self.outputs)})


def takes_writing(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options about formats, and its function a :class:`Writing` of them."""

    @wraps(function)
    def called(
        *, format_name: str, outputs: tuple[Path, ...], weight: str | None, **others: Any
    ) -> None:
        function(writing=Writing(format_name, outputs, weight), **others)

    return with_options(called, _OPTIONS)


def check_writing(writing: Writing, requests: Sequence[Request]) -> None:
    """Make sure that reports of these requests can be written so.

    Raises:
        UsageError: a file has no format or no directory, or a format does not suit.
    """
    for path in writing.outputs:
        check_output(path)
    if len(requests) > 1:
        for name in sorted(writing.formats):
            require_for_several(name)
    if writing.weight is not None and not writing.formats & WEIGHTED:
        raise UsageError(
            "--weight says nothing of what is written",
            hint=f"the formats that have a weight are {_listed(WEIGHTED)}",
        )
    of_time = (writing.formats & TIMED) | ({"--weight time"} if writing.weight == "time" else set())
    if of_time and not all(request.time for request in requests):
        raise UsageError(f"{_listed(of_time)} is of measured time", hint="leave --no-time out")


def write_all(
    paths: Iterable[Path],
    render: Callable[[str], str],
    suffixes: Mapping[str, str] = SUFFIXES,
) -> FlopscopeError | None:
    """Write a report to files, each in the format of its suffix.

    Args:
        paths: the files.
        render: a format's name to text.
        suffixes: formats by what the files' names end in.

    Returns:
        Why the first of those that cannot be written cannot, once the others are.
    """
    errors = [_written(path, render(format_of(path, suffixes))) for path in paths]
    return next((error for error in errors if error is not None), None)


def _written(path: Path, text: str) -> FlopscopeError | None:
    try:
        write(path, text)
    except FlopscopeError as error:
        return error
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
