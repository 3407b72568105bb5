"""Options that click has no type for: devices, columns and files of reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

from flopscope.assumptions import RULES
from flopscope.cli import offers
from flopscope.counters import COUNTERS
from flopscope.errors import UsageError
from flopscope.report import SUFFIXES, format_of
from flopscope.report.columns import COLUMNS
from flopscope.spelling import did_you_mean
from flopscope.units import parse_quantity

COLUMN_NAMES = tuple(column.name for column in COLUMNS)

Decorator: TypeAlias = Callable[[Any], Any]


ASSUME: Decorator = click.option(
    "--assume",
    metavar="RULE=NUMBER",
    shell_complete=offers.one_of(f"{name}=" for name in RULES),
    multiple=True,
    help="What to take for a value that depends on the data, such as nonzero=0.25; docs/tracing.md"
    f" explains each of {', '.join(RULES)}. Repeatable.",
)


def with_options(
    function: Callable[..., None], options: Sequence[Decorator]
) -> Callable[..., None]:
    """A function with these decorators of click's, listed by the help in this order."""
    for option in reversed(options):
        function = option(function)
    return function


DEBUG: Decorator = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


def format_option(formats: Iterable[str]) -> Decorator:
    """``format_name``: one of the formats, the first of which is the default."""
    names = list(formats)
    return click.option(
        "--format",
        "format_name",
        type=click.Choice(names),
        metavar="FORMAT",
        default=names[0],
        show_default=True,
        help=f"What to write to standard output: {', '.join(names)}.",
    )


def output_option(text: str) -> Decorator:
    """``outputs``: files to write."""
    return click.option(
        "-o",
        "--output",
        "outputs",
        type=click.Path(path_type=Path),
        metavar="FILE",
        multiple=True,
        help=f"{text} Repeatable.",
    )


def takes_outputs(
    formats: Iterable[str],
    text: str = "Write the report to a file as well, in the format that its suffix names.",
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command ``format_name``, one of the formats, and ``outputs``, files to write."""

    def taking(function: Callable[..., None]) -> Callable[..., None]:
        return with_options(function, (format_option(formats), output_option(text)))

    return taking


def device_option(text: str, default: str = "auto") -> Decorator:
    """``device``: where something runs."""
    return click.option(
        "--device",
        callback=read_device,
        metavar="auto|cpu|cuda[:N]",
        shell_complete=offers.places,
        default=default,
        show_default=True,
        help=text,
    )


def threads_option(text: str) -> Decorator:
    """``threads``: how many torch uses."""
    return click.option(
        "--threads",
        type=click.IntRange(min=1),
        metavar="N",
        show_default="torch's own number",
        help=text,
    )


def depth_option(text: str = "Show this many levels of modules below the model.") -> Decorator:
    """``depth``: down to which level modules are shown."""
    return click.option("--depth", type=click.IntRange(min=0), metavar="LEVELS", help=text)


def read_device(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N``."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise click.BadParameter(
            f"'{value}' is not one of auto, cpu, cuda, cuda:0, ...", ctx, param
        )
    return value


def read_batches(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int | None, ...]:
    """Numbers of samples between commas; one None where nothing is said."""
    if value is None:
        return (None,)
    numbers = [text.strip() for text in value.split(",")]
    if not all(number.isdecimal() and int(number) > 0 for number in numbers):
        raise click.BadParameter(
            f"'{value}' is not one or several positive numbers, such as 8 or 1,8,32", ctx, param
        )
    return tuple(map(int, numbers))


_LENGTH = re.compile(r"(?P<number>\d+)(?P<thousands>[kK]?)")


def read_lengths(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...]:
    """Numbers of tokens between commas, in which ``k`` is 1,024."""
    texts = [text.strip() for text in value.split(",")] if value else []
    found = [_LENGTH.fullmatch(text) for text in texts]
    lengths = [
        int(match["number"]) * (1024 if match["thousands"] else 1) for match in found if match
    ]
    if len(lengths) < len(texts) or not all(lengths):
        raise click.BadParameter(
            f"'{value}' is not one or several numbers of tokens, such as 1k,4k,16k", ctx, param
        )
    return tuple(lengths)


def read_rate(unit: str) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """What reads a quantity such as ``"312T"`` in a unit, which may be left out."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        try:
            rate = parse_quantity(value, unit)
        except UsageError as error:
            raise click.BadParameter(f"{error.message}: {error.hint}", ctx, param) from error
        if rate <= 0:
            raise click.BadParameter(f"'{value}' is not a positive rate", ctx, param)
        return rate

    return read


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


def check_output(path: Path, suffixes: Mapping[str, str] = SUFFIXES) -> None:
    """Make sure that a report can be written to a file, in the format of its suffix.

    Raises:
        UsageError: no format has that suffix, there is no such directory, or no file can have that
            name.
    """
    format_of(path, suffixes)
    try:
        is_folder = path.is_dir()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    if is_folder:
        raise UsageError(f"cannot write {path}: it is a directory", hint="name a file in it")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(
            f"cannot write {path}: there is no directory {folder}", hint=f"mkdir -p {folder}"
        )
