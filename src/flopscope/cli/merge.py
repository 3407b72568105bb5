"""``flopscope merge``: the verdicts of several runs of ``flopscope check`` as one."""

from __future__ import annotations

from pathlib import Path

import click

from flopscope.analysis.verdicts import Verdict
from flopscope.cli.check import SUFFIXES, takes_verdicts, tell
from flopscope.cli.errors import Command
from flopscope.cli.options import DEBUG, check_output
from flopscope.errors import InputError
from flopscope.files import read_json
from flopscope.report.verdicts_files import verdicts_from

EPILOG = """\b
Examples:
  After a matrix of jobs, each of which ran flopscope check --shard K/N -o K.json:
    flopscope merge 1.json 2.json 3.json 4.json -o junit.xml
"""


@click.command(
    "merge",
    cls=Command,
    epilog=EPILOG,
    short_help="Put the verdicts of several checks together.",
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="VERDICTS.json...", type=click.Path(path_type=Path)
)
@takes_verdicts
@DEBUG
def command(
    *, paths: tuple[Path, ...], format_name: str, outputs: tuple[Path, ...], debug: bool
) -> None:
    """Show the verdicts that the runs of flopscope check --shard K/N -o FILE.json wrote, as one.

    It ends as they would have ended: with status 1 where a budget is broken.
    """
    del debug  # see cli.errors.Command
    for output in outputs:
        check_output(output, SUFFIXES)
    merged: dict[str, Verdict] = {}
    for path in paths:
        merged |= {verdict.name: verdict for verdict in verdicts_from(read_json(path), path)}
    if not merged:
        raise InputError("none of these files holds a verdict", hint="flopscope check writes them")
    tell(tuple(merged.values()), format_name, outputs)
