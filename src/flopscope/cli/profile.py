"""``flopscope profile``: models, each on one input, counted and measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.cli import offers
from flopscope.cli.errors import Command, PartlyFailedError
from flopscope.cli.measuring import takes_measuring
from flopscope.cli.models import check_requests, takes_models
from flopscope.cli.options import (
    COLUMN_NAMES,
    DEBUG,
    check_columns,
    depth_option,
    read_names,
    read_rate,
)
from flopscope.cli.reports import fitted, is_interrupted, report_of, several_of
from flopscope.cli.terminal import narration, show
from flopscope.cli.training import TRAIN, check_training, takes_training
from flopscope.cli.writing import Writing, check_writing, takes_writing, write_all
from flopscope.counters import COUNTERS, installed
from flopscope.errors import UsageError
from flopscope.progress import Progress
from flopscope.report import FORMATS, PLOTS, Report, View
from flopscope.report.columns import CONVENTION
from flopscope.report.several import SEVERAL_FORMATS
from flopscope.report.terminal import screen_of
from flopscope.request import Request

ALL = "all"

EPILOG = """\b
Examples:
  Count a class of yours, and measure it on the GPU if there is one:
    flopscope profile mypkg:ResidualBlock --shape 2,384,32,32
  With arguments for its constructor, in any of three ways:
    flopscope profile "mypkg:ResidualBlock(384, 384, stride=2)" --shape 2,384,32,32
    flopscope profile mypkg:ResidualBlock --arg stride=2 --shape 2,384,32,32
    flopscope profile mypkg:ResidualBlock --config block.yaml --shape 2,384,32,32
  Models that libraries know by name, on inputs that they know themselves:
    flopscope profile timm:resnet50 torchvision:resnet50 --no-time
    flopscope profile "hf:llama(num_hidden_layers=2)" --batch 4 --seq 512 --no-time
  Token numbers and a mask, by name:
    flopscope profile mypkg:Net --shape ids:1,128:long@0..50257 --shape mask:1,128:bool
  A detector, which takes a list of images:
    flopscope profile mypkg:Detector --input "[[3,480,640],[3,600,800]]"
  One part of a model, as a whole forward pass feeds it:
    flopscope profile torchvision:vit_b_16 --module encoder.layers.encoder_layer_0
  How throughput grows with the batch, on the GPU or here, and what compiling brings:
    flopscope profile timm:resnet50 --batch 1,8,32
    flopscope profile timm:resnet50 --compile --threads 4
  A training step, and which batch of it fits into the memory of a card:
    flopscope profile timm:resnet50 --train --optimizer "sgd(momentum=0.9)" --fit 24GiB
  From a file, counted alone, the first two levels, dearest first:
    flopscope profile net.py:Net --shape 1,3,224,224 --no-time --depth 2 --sort flops
  In the figures that thop prints, to continue a published table:
    flopscope profile timm:resnet50 --no-time --as thop
  Beside what other counters say, and as JSON in a file too:
    flopscope profile mypkg:Net --shape 1,3,64,64 --counter all -o report.json
  As a page to look at, for a spreadsheet, and for speedscope:
    flopscope profile timm:resnet50 -o report.html -o report.csv -o report.speedscope.json
"""


@click.command(
    "profile",
    cls=Command,
    epilog=EPILOG,
    short_help="Count and measure models, each on one input.",
)
@takes_models
@TRAIN
@takes_training
@takes_measuring
@click.option(
    "--counter",
    "counters",
    type=click.Choice([*COUNTERS, ALL]),
    multiple=True,
    metavar="NAME",
    help="Another counter to ask, in a process of its own:"
    f" {', '.join(COUNTERS)}; or {ALL} that are installed. Repeatable.",
)
@click.option(
    "--as",
    "convention",
    type=click.Choice(list(CONVENTIONS)),
    metavar="CONVENTION",
    help="Show the counts in another convention, as its own tool would print them, instead of ours:"
    f" {', '.join(CONVENTIONS)}.",
)
@takes_writing
@depth_option("Show this many levels of modules below the model; the totals stay those of all.")
@click.option(
    "--sort",
    metavar="COLUMN",
    shell_complete=offers.one_of(COLUMN_NAMES),
    help="Order the modules inside each module by a column, largest first.",
)
@click.option(
    "--columns",
    callback=read_names,
    metavar="NAMES",
    shell_complete=offers.several_of((*COLUMN_NAMES, *COUNTERS)),
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
    "--plot",
    "plots",
    type=click.Choice(list(PLOTS)),
    multiple=True,
    help="Draw below the table: roofline is achieved rate by arithmetic intensity.",
)
@click.option(
    "--fit",
    "fit",
    callback=read_rate("B"),
    metavar="SIZE",
    help="Find the largest batch that takes so much memory, such as 24GiB; with --train, also with"
    " repeated blocks checkpointed.",
)
@click.option("--strict", is_flag=True, help="Fail (exit status 4) if an operator has no formula.")
@DEBUG
def command(
    *,
    requests: tuple[Request, ...],
    counters: tuple[str, ...],
    convention: str | None,
    writing: Writing,
    depth: int | None,
    sort: str | None,
    columns: tuple[str, ...],
    fold: bool,
    plots: tuple[str, ...],
    fit: float | None,
    strict: bool,
    debug: bool,
) -> None:
    """Count the MACs, FLOPs, parameters and bytes of one forward pass, and measure its time.

    TARGET names the model: package.module:Name or path/to/file.py:Name. A class or a function is
    called, with the literals in parentheses behind it, if any: "mypkg:Net(64, bias=False)". A model
    is used as it is. timm:NAME, torchvision:NAME, hf:NAME, hf:DIRECTORY and diffusers:DIRECTORY are
    models of these libraries, without their weights; model.pt2 is an exported program. Several
    targets make one table.

    The working directory is on the path. Naming a target runs its code, as python -m does.
    """
    del debug  # see cli.errors.Command
    requests = tuple(
        replace(
            request,
            counters=installed() if ALL in counters else tuple(dict.fromkeys(counters)),
            convention=convention,
            strict=strict,
        )
        for request in requests
    )
    view = View(depth=depth, columns=columns, sort=sort, fold=fold, weight=writing.weight)
    if plots and (writing.format_name != "table" or len(requests) > 1):
        raise UsageError("--plot draws below the table of one model", hint="leave --format out")
    if fit is not None and len(requests) > 1:
        raise UsageError("--fit is of one model", hint="leave the other targets or batches out")
    _refuse_early(requests, view, writing)
    with narration() as progress:
        several = None if len(requests) == 1 else several_of(requests, progress)
        report = _single(requests[0], fit, progress) if several is None else None

    def render(format_name: str, view: View) -> str:
        if several is not None:
            return SEVERAL_FORMATS[format_name](several, view)
        assert report is not None
        return FORMATS[format_name](report, view)

    failed = write_all(writing.outputs, lambda format_name: render(format_name, view))
    screen = screen_of(sys.stdout)
    fitted = replace(view, width=screen.width, color=screen.color, ascii=screen.ascii)
    show(render(writing.format_name, fitted), color=screen.color)
    if report is not None:
        for name in dict.fromkeys(plots):
            show(f"\n{PLOTS[name](report, fitted)}", color=screen.color)
    if failed is not None:
        raise failed
    reports = several.reports if several is not None else (report,)
    if any(one is not None and is_interrupted(one) for one in reports):
        raise KeyboardInterrupt
    if several is not None and several.failures:
        raise PartlyFailedError(several.failures, len(several.reports))


def _single(request: Request, fit: float | None, progress: Progress) -> Report:
    report = report_of(request, progress)
    return report if fit is None else fitted(report, request, int(fit), progress)


def _refuse_early(requests: Sequence[Request], view: View, writing: Writing) -> None:
    """Raise now, without torch, what would be raised seconds later."""
    check_writing(writing, requests)
    for request in requests:
        restated = () if request.convention is None else (CONVENTION,)
        check_columns(view.columns, (*request.counters, *restated))
        check_columns([view.sort] if view.sort else [], (*request.counters, *restated))
    check_requests(requests)
    check_training(requests)
