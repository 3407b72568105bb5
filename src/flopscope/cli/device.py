"""``flopscope device``: what this machine attains at most, measured, beside its datasheet."""

from __future__ import annotations

import sys

import click

from flopscope.cli.errors import Command
from flopscope.cli.options import DEBUG, device_option, threads_option
from flopscope.cli.terminal import narration, show
from flopscope.errors import FlopscopeError
from flopscope.report.terminal import screen_of

EPILOG = """\b
Examples:
  Measure this machine, or show what was measured before:
    flopscope device
  Measure a card anew, and this processor with two threads:
    flopscope device --device cuda:0 --again
    flopscope device --device cpu --threads 2
"""


@click.command(
    "device", cls=Command, epilog=EPILOG, short_help="Measure what this machine attains at most."
)
@device_option("What to measure. auto is CUDA where there is one.")
@threads_option("Torch's threads within an operator.")
@click.option("--again", is_flag=True, help="Measure anew what was measured before.")
@DEBUG
def command(*, device: str, threads: int | None, again: bool, debug: bool) -> None:
    """Measure the rates of matrix products by type, the bandwidth of memory and caches, and calls.

    They are kept, for this device, this torch and this number of threads, and from then on
    flopscope profile shows how near a model comes to them. FLOPSCOPE_CACHE_DIR names the folder.
    """
    del debug  # see cli.errors.Command
    with narration() as progress:
        progress("loading torch")
        # Here, not above: it takes seconds that no usage error should have to wait for.
        from flopscope.peaks import known_or_measured  # noqa: PLC0415 - see above

        peaks, kept = known_or_measured(device, threads, progress, again=again)
    # rich takes time that a usage error doesn't have
    from flopscope.report.device import render  # noqa: PLC0415 - see above

    screen = screen_of(sys.stdout)
    path = None if isinstance(kept, FlopscopeError) else kept
    show(render(peaks, path, ascii_only=screen.ascii), color=False)
    if isinstance(kept, FlopscopeError):
        raise kept
