"""``flopscope check``: the budgets of a project, held against what its models cost now."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from flopscope.analysis.verdicts import Verdict
from flopscope.cli import offers
from flopscope.cli.errors import Command, tell_error
from flopscope.cli.options import DEBUG, check_output, takes_outputs
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.cli.writing import write_all
from flopscope.errors import FlopscopeError, UsageError
from flopscope.files import append
from flopscope.load.budgets import read_budgets, shards
from flopscope.report import View
from flopscope.report.terminal import screen_of
from flopscope.report.verdicts import VERDICT_FORMATS, workflow_commands
from flopscope.report.verdicts_markdown import summary

SUFFIXES = {".json": "json", ".md": "markdown", ".xml": "junit", ".txt": "metrics"}

EPILOG = """\b
Examples:
  In pyproject.toml:
    [tool.flopscope.budgets.resnet]
    target = "mypkg:ResNet(width=64)"
    shape = "1,3,224,224"
    macs = "4.2G"
    params = "26M"
    growth = "1%"
  Check them all, as CI does; exit status 1 where one is broken:
    flopscope check
  Accept what the models cost now:
    flopscope check --update-baseline
  And say what changed in each model since a branch, for the pull request:
    flopscope check --since origin/main -o comment.md
  A report for CI, of the second of four runs:
    flopscope check --shard 2/4 -o verdicts.json -o junit.xml

\b
Exit status: 0 all budgets are kept, 1 one is broken or a file could not be written, 3 a model could
not be counted, 4 its count is incomplete and it is to be strict.
"""


takes_verdicts = takes_outputs(
    VERDICT_FORMATS, f"Write the verdicts to a file as well: {', '.join(SUFFIXES)}."
)
"""Give a command the options about what is written of verdicts."""


class BrokenBudgetError(FlopscopeError):
    """Some model costs more than its budget allows (exit 1)."""


@click.command("check", cls=Command, epilog=EPILOG, short_help="Hold models against their budgets.")
@click.argument("names", nargs=-1, metavar="[BUDGET]...", shell_complete=offers.budgets)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    show_default="flopscope.toml or pyproject.toml, here or above",
    help="The file of budgets.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    show_default="what the file of budgets names",
    help="What growth is measured against.",
)
@click.option(
    "--since",
    metavar="REVISION",
    shell_complete=offers.revisions,
    help="Say what changed in each model since a revision of the git repository.",
)
@click.option("--update-baseline", "update", is_flag=True, help="Write the baseline anew.")
@click.option("--shard", metavar="K/N", help="Check the K-th of N parts of all budgets.")
@takes_verdicts
@DEBUG
def command(
    *,
    names: tuple[str, ...],
    path: Path | None,
    baseline: Path | None,
    since: str | None,
    update: bool,
    shard: str | None,
    format_name: str,
    outputs: tuple[Path, ...],
    debug: bool,
) -> None:
    """Count the models that a project has budgets for, and say which of them keep to those.

    Budgets are in [tool.flopscope] of pyproject.toml or in flopscope.toml. A limit such as
    macs = "4.2G" holds as it is; growth = "1%" holds against the committed baseline. BUDGET names
    some of them; the default is all.

    Checking runs the code of the targets, as python -m does.
    """
    del debug  # see cli.errors.Command
    for output in outputs:
        check_output(output, SUFFIXES)
    budgets = read_budgets(path)
    if baseline is not None:
        budgets = replace(budgets, baseline=baseline)
    unknown = [name for name in names if name not in {each.name for each in budgets.budgets}]
    if unknown:
        there = ", ".join(budget.name for budget in budgets.budgets)
        raise UsageError(f"{budgets.path} has no budget '{unknown[0]}'", hint=f"it has {there}")
    chosen = [
        each for each in shards(budgets.budgets, *_shard(shard)) if not names or each.name in names
    ]
    if not chosen:
        raise UsageError("no budget falls to this part", hint="there are fewer than parts")
    with narration() as progress, stdout_reserved():
        with loading_torch(progress):
            from flopscope.budgeting import check_budgets  # noqa: PLC0415 - see loading_torch

        verdicts = check_budgets(budgets, chosen, progress, update=update, since=since)
    tell(verdicts, format_name, outputs, budgets.path)


def tell(
    verdicts: Sequence[Verdict],
    format_name: str,
    outputs: Sequence[Path],
    place: Path | None = None,
) -> None:
    """Show verdicts and write them to files, and on GitHub to the job, then end as they are.

    Args:
        verdicts: what became of the budgets.
        format_name: of standard output.
        outputs: files to write.
        place: the file of budgets, or None where it is not known.

    Raises:
        BrokenBudgetError: one of them is broken.
        FlopscopeError: a model could not be counted, with the exit code of that; or a file could
            not be written, and nothing worse happened.
    """
    failed = write_all(
        outputs, lambda name: VERDICT_FORMATS[name](verdicts, View()), suffixes=SUFFIXES
    )
    screen = screen_of(sys.stdout)
    show(VERDICT_FORMATS[format_name](verdicts, View(ascii=screen.ascii)), color=False)
    failed = _on_github(verdicts, place) or failed
    worse = _judged(verdicts)
    if worse is not None:
        if failed is not None:
            tell_error(failed)
        raise worse
    if failed is not None:
        raise failed


def _judged(verdicts: Sequence[Verdict]) -> FlopscopeError | None:
    """What the verdicts end the command with."""
    failed = [verdict for verdict in verdicts if verdict.failure]
    if failed:
        error = FlopscopeError(f"{failed[0].name}: {failed[0].failure}", hint=failed[0].hint)
        error.exit_code = max(verdict.exit_code for verdict in failed)
        return error
    broken = [verdict.name for verdict in verdicts if not verdict.is_kept]
    if not broken:
        return None
    return BrokenBudgetError(
        f"over budget: {', '.join(broken)}",
        hint="make it cheaper, or raise the limit, or accept it with --update-baseline",
    )


def _on_github(verdicts: Sequence[Verdict], place: Path | None) -> FlopscopeError | None:
    """In a job of GitHub Actions: the step's summary, and marks on the file of budgets.

    Returns:
        Why the summary could not be written.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return None
    top = os.environ.get("GITHUB_WORKSPACE") or Path.cwd()
    for line in workflow_commands(verdicts, None if place is None else os.path.relpath(place, top)):
        click.echo(line, err=True)
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        try:
            append(path, summary(verdicts))
        except FlopscopeError as error:
            return error
    return None


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"'{text}' is no part of several", hint="write --shard 2/4")
    return int(match[1]), int(match[2])
