"""``flopscope calibrate``: a device that is here, measured for predictions anywhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from flopscope.analysis.prediction.calibration import SUFFIX, Calibration, as_text
from flopscope.cli import offers
from flopscope.cli.errors import Command
from flopscope.cli.options import DEBUG, check_output
from flopscope.cli.terminal import narration, show
from flopscope.files import write
from flopscope.report.calibration import render
from flopscope.report.terminal import screen_of

EPILOG = """\b
Examples:
  Measure this machine's GPU, for flopscope predict ... --calibration rtx-4090.json anywhere:
    flopscope calibrate -o rtx-4090.json
"""


@click.command(
    "calibrate", cls=Command, epilog=EPILOG, short_help="Measure a GPU for flopscope predict."
)
@click.option(
    "--device",
    metavar="cuda[:N]",
    default="cuda",
    show_default=True,
    shell_complete=offers.one_of(("cuda", "cuda:0")),
    help="The CUDA device to measure.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write it: a name in .json.",
    show_default="the device's name, here",
)
@DEBUG
def command(*, device: str, output: Path | None, debug: bool) -> None:
    """Run a product of matrices, a copy and some small models, and keep what predictions need.

    It takes about a minute. Two factors come of it: on the device's rate of arithmetic and on its
    bandwidth, by the datasheet. They are written to a small file, which can be shared.
    """
    del debug  # see cli.errors.Command
    if output is not None:
        check_output(output, {SUFFIX: "json"})
    with narration() as progress:
        progress("loading torch")
        # Here, not above: it takes seconds that no usage error should have to wait for.
        from flopscope.calibrating import calibrate, check_device  # noqa: PLC0415 - see above

        found = calibrate(check_device(device), progress=progress)
    path = output or _path(found)
    write(path, as_text(found))
    screen = screen_of(sys.stdout)
    show(render(found, path, ascii_only=screen.ascii), color=False)


def _path(found: Calibration) -> Path:
    name = re.sub(r"[^a-z0-9]+", "-", found.device.name.lower()).strip("-")
    return Path(f"{name}.calibration{SUFFIX}")
