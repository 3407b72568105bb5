"""``flopscope compare``: what other counters say of a model, and why it is not what we say."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flopscope.cli.errors import Command
from flopscope.cli.models import check_requests, takes_model
from flopscope.cli.options import DEBUG, check_output, depth_option, device_option, takes_outputs
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.counters import COUNTERS, installed
from flopscope.errors import UsageError
from flopscope.files import write
from flopscope.progress import Progress
from flopscope.report import View, format_of
from flopscope.report.counters import COMPARISON_FORMATS, COMPARISON_SUFFIXES
from flopscope.report.terminal import screen_of
from flopscope.request import COUNTER_TIME_LIMIT, Request

if TYPE_CHECKING:
    from flopscope.report.counters import CounterComparison

EPILOG = """\b
Examples:
  Why do the counters disagree about a model that a library knows by name?
    flopscope compare torchvision:vit_b_16
  About one of yours, by thop alone, and in which modules:
    flopscope compare mypkg:ResidualBlock --shape 2,384,32,32 --counter thop --depth 1
  For an issue or an appendix, and everything for a program:
    flopscope compare mypkg:Net --shape 1,3,64,64 --format markdown -o counters.json
"""


@click.command(
    "compare",
    cls=Command,
    epilog=EPILOG,
    short_help="Ask other counters about a model, and explain each difference.",
)
@takes_model
@click.option(
    "--counter",
    "counters",
    type=click.Choice(list(COUNTERS)),
    multiple=True,
    metavar="NAME",
    show_default="all that are installed",
    help=f"A counter to ask: {', '.join(COUNTERS)}. Repeatable.",
)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Name the counters that are not installed as well, and say how to get them.",
)
@click.option(
    "--timeout",
    "time_limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=COUNTER_TIME_LIMIT,
    show_default=True,
    help="When to give up a counter.",
)
@device_option("Where the counters run the model.", default="cpu")
@depth_option(
    "Show the modules as well, this many levels below the model, and what each counter gives them."
)
@takes_outputs(COMPARISON_FORMATS)
@DEBUG
def command(
    *,
    request: Request,
    counters: tuple[str, ...],
    every: bool,
    time_limit: float,
    device: str,
    depth: int | None,
    format_name: str,
    outputs: tuple[Path, ...],
    debug: bool,
) -> None:
    """Run other counters on a model beside flopscope, and say what makes each figure differ.

    TARGET and its inputs are those of flopscope profile. Every counter runs on a copy of the model,
    in a process of its own. What it left out, added or called by another name is told term by term,
    until our figure has become its own; what stays unexplained is shown as such.
    """
    del debug  # see cli.errors.Command
    if every and counters:
        raise UsageError(
            "--all asks every counter, and --counter one", hint="leave one of them out"
        )
    asked = tuple(COUNTERS) if every else tuple(dict.fromkeys(counters)) or installed()
    request = replace(request, counters=asked, counter_time_limit=time_limit, device=device)
    for path in outputs:
        check_output(path, COMPARISON_SUFFIXES)
    check_requests([request])
    with narration() as progress:
        comparison = _compared(request, progress)
    view = View(depth=depth)
    for path in outputs:
        write(path, COMPARISON_FORMATS[format_of(path, COMPARISON_SUFFIXES)](comparison, view))
    screen = screen_of(sys.stdout)
    fitted = replace(view, width=screen.width, color=screen.color, ascii=screen.ascii)
    show(COMPARISON_FORMATS[format_name](comparison, fitted), color=screen.color)


def _compared(request: Request, progress: Progress) -> CounterComparison:
    with stdout_reserved():
        with loading_torch(progress):
            from flopscope.targeting import compare_target  # noqa: PLC0415 - see loading_torch

        return compare_target(request, progress)
