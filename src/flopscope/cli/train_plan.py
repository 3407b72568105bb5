"""``flopscope train-plan``: what training a model takes, from one counted step."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

import click

from flopscope.analysis.plan import Fleet, Goal, planned
from flopscope.cli import offers
from flopscope.cli.errors import Command
from flopscope.cli.model_options import ONE_SIZE
from flopscope.cli.models import check_requests, takes_models
from flopscope.cli.options import DEBUG, format_option, read_rate
from flopscope.cli.reports import report_of
from flopscope.cli.terminal import narration, show
from flopscope.cli.training import check_training, takes_training
from flopscope.devices import typed_device
from flopscope.errors import UsageError
from flopscope.load.inputs import parse_dtype
from flopscope.report.plan import document, render
from flopscope.report.sizes import memory_of
from flopscope.report.terminal import screen_of
from flopscope.request import Request

EPILOG = """\b
Examples:
  Two trillion tokens on 256 cards, at 40% of their peak:
    flopscope train-plan hf:llama --seq 4096 --tokens 2T --device "H100 SXM" --count 256 --mfu 0.4
  Ninety epochs of ImageNet, in float32:
    flopscope train-plan timm:resnet50 --batch 256 --samples 115.3M --device "A100 SXM" --dtype fp32
  A card that is not in the table, with blocks checkpointed:
    flopscope train-plan hf:gpt2 --tokens 10G --peak 312T --checkpoint "transformer.h.*"
"""


@click.command(
    "train-plan", cls=Command, epilog=EPILOG, short_help="Plan a training: FLOPs, days, memory."
)
@partial(takes_models, sizes=ONE_SIZE, metavar="TARGET")
@takes_training
@click.option("--tokens", callback=read_rate(""), metavar="N", help="Tokens in all, such as 2T.")
@click.option(
    "--samples", callback=read_rate(""), metavar="N", help="Samples in all, such as 115.3M."
)
@click.option(
    "--global-batch",
    callback=read_rate(""),
    metavar="N",
    show_default="a step on every device",
    help="Tokens or samples for one step of the optimizer.",
)
@click.option(
    "--device",
    "device_name",
    metavar="NAME",
    shell_complete=offers.devices,
    help="What it runs on, a device of docs/devices.md: 'H100 SXM'.",
)
@click.option(
    "--peak",
    callback=read_rate("FLOP/s"),
    metavar="RATE",
    help="FLOP/s that one device does at most, such as 312T; else what its vendor says.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="How many of them there are.",
)
@click.option(
    "--mfu",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="SHARE",
    default=0.4,
    show_default=True,
    help="The part of the peak that is attained: model FLOPs utilisation.",
)
@format_option(["text", "json"])
@DEBUG
def command(
    *,
    requests: tuple[Request, ...],
    tokens: float | None,
    samples: float | None,
    global_batch: float | None,
    device_name: str | None,
    peak: float | None,
    count: int,
    mfu: float,
    format_name: str,
    debug: bool,
) -> None:
    """Count one training step, and say what so many tokens take: FLOPs, days, device-hours.

    The count stands beside 6 FLOPs for each parameter and token, and what makes the difference is
    said. Operators are cast to bfloat16 unless --autocast or --dtype says otherwise.
    """
    del debug  # see cli.errors.Command
    if len(requests) > 1:
        raise UsageError("a plan is of one model on one batch", hint="leave the others out")
    goal = _goal(tokens, samples, global_batch)
    request = replace(requests[0], time=False)
    if request.autocast is None and request.inputs.dtype is None:
        request = replace(request, autocast="bfloat16")
    fleet = _fleet(request, device_name, peak, count, mfu)
    check_requests((request,))
    check_training((request,))
    with narration() as progress:
        report = report_of(request, progress)
    memory = memory_of(report)
    if report.training is None or memory is None:
        raise ValueError("a training step was counted, and has both")
    plan = planned(report.profile, report.training, report.inputs, memory.total, goal, fleet)
    if format_name == "json":
        show(document(report.target, plan), color=False)
        return
    screen = screen_of(sys.stdout)
    show(render(report.target, plan, ascii_only=screen.ascii), color=False)


def _goal(tokens: float | None, samples: float | None, global_batch: float | None) -> Goal:
    if (tokens is None) == (samples is None):
        raise UsageError("how long is it?", hint="give --tokens 2T, or --samples 115.3M")
    units = int(tokens if tokens is not None else samples or 0)
    return Goal(units, tokens is not None, None if global_batch is None else int(global_batch))


def _fleet(
    request: Request, device_name: str | None, peak: float | None, count: int, mfu: float
) -> Fleet:
    dtype = parse_dtype(request.autocast or request.inputs.dtype or "float32")
    if device_name is None:
        if peak is None:
            raise UsageError("what does it run on?", hint='give --device "H100 SXM" or --peak 989T')
        return Fleet("device", peak, dtype, "given", None, count, mfu)
    device = typed_device(device_name)
    memory = max(device.memory_bytes, default=None)
    if peak is not None:
        return Fleet(device.name, peak, dtype, "given", memory, count, mfu)
    rated = device.matrix_peak(dtype)
    if rated is None:
        raise UsageError(f"{device.name} is not rated in {dtype}", hint="give its --peak")
    return Fleet(
        *(device.name, rated.flops_per_second, rated.arithmetic, device.source, memory),
        *(count, mfu),
    )
