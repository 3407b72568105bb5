"""``flopscope compare``: what other counters say of a model, and why it is not what we say."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flopscope.cli.errors import Command
from flopscope.cli.models import check_request, takes_model
from flopscope.cli.options import check_output, read_device
from flopscope.cli.terminal import Progress, narration, show, stdout_reserved
from flopscope.counters import COUNTERS
from flopscope.files import write
from flopscope.load.importing import loading
from flopscope.report import View, format_of
from flopscope.report.counters import COMPARISON_FORMATS, COMPARISON_SUFFIXES
from flopscope.report.terminal import screen_of
from flopscope.request import Request

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
    help="A counter to ask. Repeatable.  [default: all that are installed]",
)
@click.option(
    "--device",
    callback=read_device,
    metavar="auto|cpu|cuda[:N]",
    default="cpu",
    show_default=True,
    help="Where the counters run the model.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    metavar="LEVELS",
    help="Show the modules as well, this many levels below the model, and what each counter gives"
    " them.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(COMPARISON_FORMATS)),
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
    help="Write it to a file as well, in the format that its suffix names. Repeatable.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    *,
    request: Request,
    counters: tuple[str, ...],
    device: str,
    depth: int | None,
    format_name: str,
    outputs: tuple[Path, ...],
    debug: bool,
) -> None:
    """Run other counters on a model beside flopscope, and say what makes each figure differ.

    TARGET and its inputs are those of flopscope profile. Every counter runs on a copy of the model;
    what it left out, added or called by another name is told operation by operation, until our
    figure has become its own. What stays unexplained is shown as such.
    """
    del debug  # see cli.errors.Command
    request = replace(
        request, counters=tuple(dict.fromkeys(counters)) or tuple(COUNTERS), device=device
    )
    for path in outputs:
        check_output(path, COMPARISON_SUFFIXES)
    check_request(request)
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
        progress("loading torch")
        with loading():
            # Here, not above: it takes seconds that no usage error should have to wait for.
            from flopscope.targeting import compare_target  # noqa: PLC0415 - see above

        return compare_target(request, progress)
