"""``flopscope machines``: reports that were made on different machines, side by side."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flopscope.analysis.machines import machines_of
from flopscope.cli.errors import Command
from flopscope.cli.options import DEBUG, depth_option, format_option
from flopscope.cli.terminal import show
from flopscope.errors import UsageError
from flopscope.report import View
from flopscope.report.machines import MACHINES_FORMATS
from flopscope.report.terminal import screen_of
from flopscope.report.written import read_machines

EPILOG = """\b
Examples:
  Measure a model on two machines, and compare what each of them wrote:
    flopscope machines laptop.json server.json
  Three of them, the model and its outermost modules alone:
    flopscope machines cpu.json t4.json h100.json --depth 1
  Everything, for a program:
    flopscope machines laptop.json server.json --format json
"""


@click.command(
    "machines",
    cls=Command,
    epilog=EPILOG,
    short_help="Compare reports that were made on different machines.",
)
@click.argument("paths", metavar="REPORT.json...", nargs=-1, type=click.Path(path_type=Path))
@format_option(MACHINES_FORMATS)
@depth_option()
@DEBUG
def command(*, paths: tuple[Path, ...], format_name: str, depth: int | None, debug: bool) -> None:
    """Compare a model's time on different machines, layer by layer, and say what makes it differ.

    Each REPORT is what flopscope profile -o REPORT.json wrote on one of them; the first one is what
    the others are held against. Models that two files have are compared, on the same input where
    there is one.
    """
    del debug  # see cli.errors.Command
    if len(paths) < 2:
        raise UsageError(
            "it takes two reports to compare", hint="flopscope profile ... -o FILE.json writes one"
        )
    machines = machines_of(read_machines(paths))
    screen = screen_of(sys.stdout)
    view = View(depth=depth, width=screen.width, ascii=screen.ascii)
    show(MACHINES_FORMATS[format_name](machines, view), color=False)
