"""``flopscope check``: the budgets of a project, held against what its models cost now."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from flopscope.analysis.verdicts import Verdict
from flopscope.cli import offers
from flopscope.cli.errors import Command
from flopscope.cli.options import DEBUG, check_output, takes_outputs
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.errors import FlopscopeError, UsageError
from flopscope.files import write
from flopscope.load.budgets import read_budgets, shards
from flopscope.report import View, format_of
from flopscope.report.terminal import screen_of
from flopscope.report.verdicts import VERDICT_FORMATS, render_markdown, workflow_commands

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
  A report for CI, of the second of four runs:
    flopscope check --shard 2/4 -o verdicts.json -o junit.xml

\b
Exit status: 0 all budgets are kept, 1 one is broken, 3 a model could not be counted.
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
@click.option("--update-baseline", "update", is_flag=True, help="Write the baseline anew.")
@click.option("--shard", metavar="K/N", help="Check the K-th of N parts of all budgets.")
@takes_verdicts
@DEBUG
def command(
    *,
    names: tuple[str, ...],
    path: Path | None,
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

        verdicts = check_budgets(budgets, chosen, progress, update=update)
    tell(verdicts, format_name, outputs, str(os.path.relpath(budgets.path)))


def tell(
    verdicts: Sequence[Verdict], format_name: str, outputs: Sequence[Path], place: str
) -> None:
    """Show verdicts and write them to files, and on GitHub to the job, then end as they are.

    Raises:
        BrokenBudgetError: one of them is broken.
        FlopscopeError: a model could not be counted; with the exit code of that.
    """
    for output in outputs:
        write(output, VERDICT_FORMATS[format_of(output, SUFFIXES)](verdicts, View()))
    screen = screen_of(sys.stdout)
    show(VERDICT_FORMATS[format_name](verdicts, View(ascii=screen.ascii)), color=False)
    for line in _on_github(verdicts, place):
        click.echo(line, err=True)
    failed = [verdict for verdict in verdicts if verdict.failure]
    if failed:
        error = FlopscopeError(f"{failed[0].name}: {failed[0].failure}", hint=failed[0].hint)
        error.exit_code = max(verdict.exit_code for verdict in failed)
        raise error
    broken = [verdict.name for verdict in verdicts if not verdict.is_kept]
    if broken:
        raise BrokenBudgetError(
            f"over budget: {', '.join(broken)}",
            hint="make it cheaper, or raise the limit, or accept it with --update-baseline",
        )


def _on_github(verdicts: Sequence[Verdict], place: str) -> Iterator[str]:
    """In a job of GitHub Actions: the step's summary, and marks on the file of budgets."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(render_markdown(verdicts, View()) + "\n")
    yield from workflow_commands(verdicts, place)


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"'{text}' is no part of several", hint="write --shard 2/4")
    return int(match[1]), int(match[2])
