"""``flopscope diff``: what changed between two reports, targets or revisions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flopscope.analysis.difference import difference
from flopscope.cli import offers
from flopscope.cli.errors import Command
from flopscope.cli.model_options import ONE_SIZE
from flopscope.cli.models import check_requests, takes_models
from flopscope.cli.options import DEBUG, check_output, takes_outputs
from flopscope.cli.reports import report_of
from flopscope.cli.terminal import narration, show
from flopscope.cli.writing import write_all
from flopscope.errors import UsageError
from flopscope.progress import Progress
from flopscope.report import View
from flopscope.report.difference import DIFFERENCE_FORMATS
from flopscope.report.terminal import screen_of
from flopscope.report.written import read_report, report_from
from flopscope.request import Request
from flopscope.revisions import profile_at, split_revision

if TYPE_CHECKING:
    from flopscope.analysis.written import Written

SUFFIXES = {".md": "markdown", ".json": "json", ".txt": "table"}

EPILOG = """\b
Examples:
  What a branch makes of a model, for the pull request:
    flopscope diff mypkg:Net@main mypkg:Net --shape 1,3,224,224 --format markdown
  Two reports that were written before:
    flopscope diff before.json after.json
  Two models on the same input:
    flopscope diff torchvision:resnet18 torchvision:resnet34
"""


@click.command(
    "diff",
    cls=Command,
    epilog=EPILOG,
    short_help="Show what changed between two reports, models or revisions.",
)
@partial(takes_models, sizes=ONE_SIZE, metavar="BEFORE AFTER", offer=offers.sides)
@takes_outputs(DIFFERENCE_FORMATS, f"Write it to a file as well: {', '.join(SUFFIXES)}.")
@DEBUG
def command(
    *, requests: tuple[Request, ...], format_name: str, outputs: tuple[Path, ...], debug: bool
) -> None:
    """Match the modules of two models and show which came, went, were renamed or changed.

    BEFORE and AFTER are each a report that flopscope profile -o FILE.json wrote, a target as
    flopscope profile takes it, or a target at a revision of the git repository around:
    mypkg:Net@main. A revision is checked out into a temporary folder and counted there, by a
    process of its own.

    Naming a target runs its code, as python -m does.
    """
    del debug  # see cli.errors.Command
    if len(requests) != 2:
        raise UsageError(
            f"it takes two to compare, and these are {len(requests)}",
            hint="flopscope diff BEFORE AFTER, each a report file, a target or TARGET@REVISION",
        )
    for path in outputs:
        check_output(path, SUFFIXES)
    _check(requests)
    requests = tuple(replace(request, time=False) for request in requests)
    with narration() as progress:
        before, after = _named([_side(request, progress) for request in requests], requests)
    found = difference(before, after)
    failed = write_all(
        outputs, lambda name: DIFFERENCE_FORMATS[name](found, View()), suffixes=SUFFIXES
    )
    screen = screen_of(sys.stdout)
    view = View(width=screen.width, ascii=screen.ascii)
    show(DIFFERENCE_FORMATS[format_name](found, view), color=False)
    if failed is not None:
        raise failed


def _check(requests: Sequence[Request]) -> None:
    """Make sure that what was typed can be read, and says something of one of the two."""
    models = [_plain(request) for request in requests if not _is_file(request)]
    check_requests(models)
    if not models and any(request != Request(request.target) for request in requests):
        raise UsageError(
            "options about models and inputs say nothing of reports in files",
            hint="leave them out, or name a target in the place of a file",
        )


def _is_file(request: Request) -> bool:
    return request.target.endswith(".json") and ":" not in Path(request.target).name


def _plain(request: Request) -> Request:
    """The request without a revision."""
    at = split_revision(request.target)
    return replace(request, target=at[0]) if at else request


def _named(sides: Sequence[Written], requests: Sequence[Request]) -> Iterator[Written]:
    """The two under names that tell them apart: two files of one name by where they are."""
    same = sides[0].name == sides[1].name
    for side, request in zip(sides, requests, strict=True):
        yield replace(side, name=request.target) if same and _is_file(request) else side


def _side(request: Request, progress: Progress) -> Written:
    if _is_file(request):
        return read_report(Path(request.target))
    at = split_revision(request.target)
    if at is not None:
        target, revision = at
        progress(f"counting {target} at {revision}")
        document = profile_at(replace(request, target=target), revision)
        return report_from(document, request.target)
    return report_from(report_of(request, progress).to_dict(), request.target)
