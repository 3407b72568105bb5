"""``flopscope profile``: one model on one input, counted and measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from flopscope.assumptions import RULES as ASSUMPTIONS
from flopscope.assumptions import parse as parse_assumptions
from flopscope.cli.errors import Command
from flopscope.cli.options import (
    COLUMN_NAMES,
    check_columns,
    check_output,
    read_device,
    read_names,
)
from flopscope.cli.terminal import narration, show, stdout_reserved
from flopscope.counters import COUNTERS
from flopscope.load.inputs import parse_dtype, parse_shape
from flopscope.load.target import parse_target
from flopscope.report import FORMATS, Report, View, format_of
from flopscope.report.files import write
from flopscope.report.terminal import screen_of
from flopscope.request import Request

ALL = "all"

EPILOG = """\b
Examples:
  Count a class of yours, and measure it on the GPU if there is one:
    flopscope profile mypkg:ResidualBlock --shape 2,384,32,32
  With arguments for its constructor, in either way:
    flopscope profile "mypkg:ResidualBlock(384, 384, stride=2)" --shape 2,384,32,32
    flopscope profile mypkg:ResidualBlock --arg stride=2 --shape 2,384,32,32
  From a file, counted alone, the first two levels, dearest first:
    flopscope profile net.py:Net --shape 1,3,224,224 --no-time --depth 2 --sort flops
  Token numbers, which are integers:
    flopscope profile mypkg:Transformer --shape 1,512 --dtype int64
  Beside what other counters say, and as JSON in a file too:
    flopscope profile mypkg:Net --shape 1,3,64,64 --counter all -o report.json
"""


@click.command(
    "profile",
    cls=Command,
    epilog=EPILOG,
    short_help="Count and measure one model on one input.",
)
@click.argument("target")
@click.option(
    "--arg",
    "arguments",
    metavar="NAME=VALUE",
    multiple=True,
    help="An argument for the constructor. A Python literal, or else a string; true and false are"
    " True and False. Repeatable.",
)
@click.option(
    "--shape",
    "shapes",
    metavar="SIZES",
    multiple=True,
    help="The shape of an input: 2,384,32,32 or 2x384x32x32; [] is a scalar. Repeat it for more"
    " inputs, in the order of forward's parameters.",
)
@click.option(
    "--dtype",
    metavar="TYPE",
    default="float32",
    show_default=True,
    help="The element type of the inputs, by torch's name or a short one: bf16, fp16, long.",
)
@click.option(
    "--counter",
    "counters",
    type=click.Choice([*COUNTERS, ALL]),
    multiple=True,
    help="Another counter to ask, on a copy of the model. Repeatable.",
)
@click.option(
    "--device",
    callback=read_device,
    metavar="auto|cpu|cuda[:N]",
    default="auto",
    show_default=True,
    help="Where to measure and to run other counters. auto is CUDA where there is one.",
)
@click.option("--no-time", "time", flag_value=False, default=True, help="Count, don't measure.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="table",
    show_default=True,
    help="What to write to standard output.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="Write the report to a file as well, in the format that its suffix names. Repeatable.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    metavar="LEVELS",
    help="Show this many levels of modules below the model; the totals stay those of all.",
)
@click.option(
    "--sort",
    metavar="COLUMN",
    help="Order the modules inside each module by a column, largest first.",
)
@click.option(
    "--columns",
    callback=read_names,
    metavar="NAMES",
    help=f"The columns to show, between commas: {', '.join(COLUMN_NAMES)}; and each counter by its"
    " name.",
)
@click.option(
    "--no-fold",
    "fold",
    flag_value=False,
    default=True,
    help="Show each of a run of identical blocks, not one for all.",
)
@click.option(
    "--assume",
    metavar="RULE=NUMBER",
    multiple=True,
    help="What to take for a value that depends on the data. Repeatable. "
    + "; ".join(f"{name} is {rule.meaning}" for name, rule in ASSUMPTIONS.items())
    + ".",
)
@click.option("--strict", is_flag=True, help="Fail if an operator has no formula.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    *,
    target: str,
    arguments: tuple[str, ...],
    shapes: tuple[str, ...],
    dtype: str,
    counters: tuple[str, ...],
    device: str,
    time: bool,
    format_name: str,
    outputs: tuple[Path, ...],
    depth: int | None,
    sort: str | None,
    columns: tuple[str, ...],
    fold: bool,
    assume: tuple[str, ...],
    strict: bool,
    debug: bool,
) -> None:
    """Count the MACs, FLOPs, parameters and bytes of one forward pass, and measure its time.

    TARGET names the model: package.module:Name or path/to/file.py:Name. A class or a function is
    called, with the literals in parentheses behind it, if any: "mypkg:Net(64, bias=False)". A
    model is used as it is.

    The working directory is on the path. Naming a target runs its code, as python -m does.
    """
    del debug  # see cli.errors.Command
    counters = tuple(COUNTERS) if ALL in counters else tuple(dict.fromkeys(counters))
    request = Request(target, arguments, shapes, dtype, counters, device, time, strict, assume)
    view = View(depth=depth, columns=columns, sort=sort, fold=fold)
    _refuse_early(request, view, outputs)
    report = _profiled(request)
    for path in outputs:
        write(path, FORMATS[format_of(path)](report, view))
    screen = screen_of(sys.stdout)
    fitted = replace(view, width=screen.width, color=screen.color, ascii=screen.ascii)
    show(FORMATS[format_name](report, fitted), color=screen.color)


def _refuse_early(request: Request, view: View, outputs: Sequence[Path]) -> None:
    """Raise now, without torch, what would be raised seconds later."""
    for path in outputs:
        check_output(path)
    check_columns(view.columns, request.counters)
    check_columns([view.sort] if view.sort else [], request.counters)
    parse_assumptions(request.assume)
    parse_target(request.target, request.arguments)
    parse_dtype(request.dtype)
    for shape in request.shapes:
        parse_shape(shape)


def _profiled(request: Request) -> Report:
    with narration() as progress, stdout_reserved():
        progress("loading torch")
        # Here, not above: it takes seconds that no usage error should have to wait for.
        from flopscope.api import profile_target  # noqa: PLC0415 - see above

        return profile_target(request, progress)
