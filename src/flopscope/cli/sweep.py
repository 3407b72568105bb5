"""``flopscope sweep``: models at many sizes, as a table, a file, a plot or a picture."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from flopscope.analysis.sweep.pareto import Aim, front
from flopscope.analysis.sweep.rows import Sweep
from flopscope.cli import offers
from flopscope.cli.errors import Command
from flopscope.cli.open_models import takes_open_models
from flopscope.cli.options import DEBUG, device_option, read_names, takes_outputs, threads_option
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.errors import UsageError
from flopscope.files import write
from flopscope.report.sweep import SWEEP_FORMATS, SweepView, sweep_format_of
from flopscope.report.sweep.columns import (
    BY_NAME,
    COUNTED_COLUMNS,
    TIMED_COLUMNS,
    figures_needed,
)
from flopscope.report.sweep.picture import draw
from flopscope.report.sweep.plot import plot
from flopscope.report.terminal import screen_of
from flopscope.request import OpenRequest
from flopscope.spelling import did_you_mean

EPILOG = """\b
Examples:
  Every resolution of a network, for two batches:
    flopscope sweep timm:resnet50 --shape B,3,R,R --vary R=128..512:32 --vary B=1,8
  Two networks as two curves, in the terminal and in a file:
    flopscope sweep timm:resnet50 timm:vit_base_patch16_224 --batch B --vary B=1..64 --plot flops
    flopscope sweep timm:resnet50 --shape 1,3,R,R --vary R=128..512:32 -o curve.svg -o curve.csv
  How long it takes as well; what is finished is kept when it is interrupted:
    flopscope sweep timm:resnet50 --shape B,3,224,224 --vary B=1,2,4,8 --time --plot rate
  Which of several sizes of a model of yours are worth having:
    flopscope sweep mypkg:Net --shape 1,3,64,64 --vary depth=2..8 --vary width=32,64 \
--pareto flops,-params
"""


@click.command("sweep", cls=Command, epilog=EPILOG, short_help="Count models at many sizes.")
@takes_open_models
@click.option(
    "--columns",
    callback=read_names,
    metavar="NAMES",
    shell_complete=offers.several_of(BY_NAME),
    show_default=",".join(COUNTED_COLUMNS),
    help=f"The columns to show, between commas: {', '.join(BY_NAME)}.",
)
@click.option("--time", is_flag=True, help="Measure each point as well, by running it.")
@device_option("Where to measure. auto is CUDA where there is one.")
@threads_option("Torch's threads within an operator while measuring.")
@click.option(
    "--plot",
    metavar="COLUMN",
    shell_complete=offers.one_of(BY_NAME),
    help="Draw a column below the table.",
)
@click.option(
    "--against",
    metavar="NAME",
    show_default="the one with most sizes",
    help="The symbol to draw against.",
)
@click.option(
    "--pareto",
    callback=read_names,
    metavar="COLUMNS",
    shell_complete=offers.several_of(BY_NAME, before="-"),
    help="Mark the points that no other one beats in these columns, of which less is better, or"
    " more behind a minus: flops,-params.",
)
@takes_outputs(
    SWEEP_FORMATS,
    "Write it to a .csv, .json or .txt file as well, or draw it into an .svg, .png or .pdf.",
)
@click.option("--again", is_flag=True, help="Forget what an interrupted sweep has finished.")
@DEBUG
def command(
    *,
    requests: tuple[OpenRequest, ...],
    columns: tuple[str, ...],
    time: bool,
    device: str,
    threads: int | None,
    plot: str | None,
    against: str | None,
    pareto: tuple[str, ...],
    format_name: str,
    outputs: tuple[Path, ...],
    again: bool,
    debug: bool,
) -> None:
    """Count one forward pass at all combinations of sizes, and measure it if asked to.

    Letters in shapes stand for sizes, which --vary lists; a name that is no letter is an argument
    of the constructor. Many points are counted by an exact law where there is one, else one by one.
    Finished points are kept on disk until all are done: run an interrupted sweep again to go on.

    TARGET names the model, as for flopscope profile.
    """
    del debug  # see cli.errors.Command
    columns = columns or (TIMED_COLUMNS if time else COUNTED_COLUMNS)
    plotted = plot or ("seconds" if time else "flops")
    aims = [_aim(name) for name in pareto]
    _check_columns((*columns, plotted, *(aim.name for aim in aims)))
    if against is not None and any(against not in each.vary for each in requests):
        raise UsageError(f"{against} does not vary", hint=f"--vary {against}=1..8")
    formats = [(path, sweep_format_of(path)) for path in outputs]
    requests = tuple(
        replace(each, request=replace(each.request, time=time, device=device, threads=threads))
        for each in requests
    )
    needed = figures_needed((*columns, plotted, *(aim.name for aim in aims)))
    with narration() as progress, stdout_reserved():
        with loading_torch(progress):
            from flopscope.sweeping import sweep  # noqa: PLC0415 - see loading_torch

        try:
            found, kept = sweep(requests, needed, progress, again=again)
        except KeyboardInterrupt:
            click.echo("Finished points are kept: the same command goes on from them.", err=True)
            raise
    view = SweepView(columns, front(found.rows, aims) if aims else None, against, plotted)
    for path, name in formats:
        if name is None:
            draw(found, view, path)
        else:
            write(path, SWEEP_FORMATS[name](found, view))
    _show(found, view, format_name, draws=plot is not None)
    for each in kept:
        each.forget()


def _show(found: Sweep, view: SweepView, format_name: str, *, draws: bool) -> None:
    screen = screen_of(sys.stdout)
    fitted = replace(view, width=screen.width, ascii=screen.ascii)
    show(SWEEP_FORMATS[format_name](found, fitted), color=False)
    if draws and format_name == "table":
        show(f"\n{plot(found, fitted)}", color=False)


def _aim(name: str) -> Aim:
    column = name.removeprefix("-")
    _check_columns([column])
    return Aim(column, BY_NAME[column].value, is_more_better=name.startswith("-"))


def _check_columns(names: Sequence[str]) -> None:
    for name in names:
        if name not in BY_NAME:
            listed = did_you_mean(name, BY_NAME) or f"the columns are {', '.join(BY_NAME)}"
            raise UsageError(f"no column '{name}'", listed)
