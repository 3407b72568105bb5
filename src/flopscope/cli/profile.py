"""``flopscope profile``: models, each on one input, counted and measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import click

from flopscope.assumptions import RULES as ASSUMPTIONS
from flopscope.cli.errors import INTERRUPTED_EXIT, Command, PartlyFailedError
from flopscope.cli.measuring import takes_measuring
from flopscope.cli.models import check_requests, takes_models
from flopscope.cli.options import (
    COLUMN_NAMES,
    check_columns,
    read_names,
)
from flopscope.cli.terminal import narration, show, stdout_reserved
from flopscope.cli.writing import Writing, check_writing, takes_writing, write_all
from flopscope.counters import COUNTERS, installed
from flopscope.errors import FlopscopeError, UsageError
from flopscope.load.importing import loading
from flopscope.report import FORMATS, PLOTS, Report, View
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several
from flopscope.report.terminal import screen_of
from flopscope.request import Request

ALL = "all"

Progress: TypeAlias = Callable[[str], None]

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
  From a file, counted alone, the first two levels, dearest first:
    flopscope profile net.py:Net --shape 1,3,224,224 --no-time --depth 2 --sort flops
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
@takes_measuring
@click.option(
    "--counter",
    "counters",
    type=click.Choice([*COUNTERS, ALL]),
    multiple=True,
    help="Another counter to ask, in a process of its own; all is those that are installed."
    " Repeatable.",
)
@takes_writing
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
@click.option(
    "--plot",
    "plots",
    type=click.Choice(list(PLOTS)),
    multiple=True,
    help="Draw below the table: roofline is achieved rate by arithmetic intensity.",
)
@click.option("--strict", is_flag=True, help="Fail if an operator has no formula.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    *,
    requests: tuple[Request, ...],
    counters: tuple[str, ...],
    writing: Writing,
    depth: int | None,
    sort: str | None,
    columns: tuple[str, ...],
    fold: bool,
    assume: tuple[str, ...],
    plots: tuple[str, ...],
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
            assume=assume,
            strict=strict,
        )
        for request in requests
    )
    view = View(depth=depth, columns=columns, sort=sort, fold=fold, weight=writing.weight)
    if plots and (writing.format_name != "table" or len(requests) > 1):
        raise UsageError("--plot draws below the table of one model", hint="leave --format out")
    _refuse_early(requests, view, writing)
    with narration() as progress:
        several = None if len(requests) == 1 else _several(requests, progress)
        report = _profiled(requests[0], progress) if several is None else None

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
        raise PartlyFailedError(several)


def is_interrupted(report: Report) -> bool:
    """Whether measuring was ended early: the report is shown, and then the command ends so."""
    return report.timing is not None and report.timing.is_interrupted


def _several(requests: Sequence[Request], progress: Progress) -> Several:
    """What comes of every target, whatever becomes of the others.

    Raises:
        FlopscopeError: nothing comes of any of them.
    """
    reports, failures, errors = [], [], []
    for request in requests:
        try:
            reports.append(_profiled(request, progress))
        except FlopscopeError as error:
            errors.append(error)
            failures.append(Failure(request.target, error.message, error.hint, error.exit_code))
        except KeyboardInterrupt:
            if not reports:
                raise
            failures.append(Failure(request.target, "interrupted", "", INTERRUPTED_EXIT))
            break
        if reports and is_interrupted(reports[-1]):
            break
    if not reports:
        raise errors[0]
    return Several(tuple(reports), tuple(failures))


def _refuse_early(requests: Sequence[Request], view: View, writing: Writing) -> None:
    """Raise now, without torch, what would be raised seconds later."""
    check_writing(writing, requests)
    for request in requests:
        check_columns(view.columns, request.counters)
        check_columns([view.sort] if view.sort else [], request.counters)
    check_requests(requests)


def _profiled(request: Request, progress: Progress) -> Report:
    with stdout_reserved():
        progress("loading torch")
        with loading():
            # Here, not above: it takes seconds that no usage error should have to wait for.
            from flopscope.targeting import profile_target  # noqa: PLC0415 - see above

        return profile_target(request, progress)
