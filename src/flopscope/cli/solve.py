"""``flopscope solve``: the largest size of a model's input, or of the model, within a budget."""

from __future__ import annotations

import sys
from functools import partial

import click

from flopscope.analysis.formula.budget import MEMORY, Budget
from flopscope.cli.errors import Command
from flopscope.cli.open_models import takes_open_models
from flopscope.cli.options import DEBUG, format_option, read_rate
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.errors import UsageError
from flopscope.report import View
from flopscope.report.characters import spelling
from flopscope.report.formula.answer import answer_json, render_answer
from flopscope.report.terminal import screen_of
from flopscope.request import OpenRequest

EPILOG = """\b
Examples:
  The largest images that a network takes for 4 GFLOPs:
    flopscope solve timm:resnet50 --shape 1,3,R,R --for R --flops 4G
  The longest text in 16 GiB of memory, at most so many FLOPs:
    flopscope solve hf:gpt2 --batch 1 --seq S --for S --memory 16GiB --flops 1T
  How deep a model may be:
    flopscope solve mypkg:Net --shape 1,3,64,64 --vary depth=1..48 --for depth --params 25M
"""


@click.command(
    "solve", cls=Command, epilog=EPILOG, short_help="Find the largest size within a budget."
)
@partial(takes_open_models, metavar="TARGET")
@click.option("--for", "symbol", metavar="NAME", help="The size to find, where several are open.")
@click.option(
    "--flops", callback=read_rate("FLOP"), metavar="N", help="At most so many FLOPs, such as 4G."
)
@click.option("--macs", callback=read_rate("MAC"), metavar="N", help="At most so many MACs.")
@click.option(
    "--params", callback=read_rate(""), metavar="N", help="At most so many parameters, such as 25M."
)
@click.option(
    "--moved",
    callback=read_rate("B"),
    metavar="SIZE",
    help="At most so many bytes read and written, such as 2GB.",
)
@click.option(
    "--memory",
    callback=read_rate("B"),
    metavar="SIZE",
    help="At most so much held at once: weights, inputs and activations, such as 16GiB.",
)
@format_option(["table", "json"])
@DEBUG
def command(
    *,
    requests: tuple[OpenRequest, ...],
    symbol: str | None,
    flops: float | None,
    macs: float | None,
    params: float | None,
    moved: float | None,
    memory: float | None,
    format_name: str,
    debug: bool,
) -> None:
    """Find the largest size for which one forward pass keeps within all budgets.

    Sizes that are not to be found are numbers, or vary over one: --vary B=8. The answer and the
    size after it are counted, whatever a law foretells.

    TARGET names the model, as for flopscope profile.
    """
    del debug  # see cli.errors.Command
    given = {
        "flops": flops,
        "macs": macs,
        "params": params,
        "bytes_moved": moved,
        MEMORY: memory,
    }
    budgets = [Budget(figure, most) for figure, most in given.items() if most is not None]
    if not budgets:
        raise UsageError("there is no budget", hint="give one: --flops 4G, --memory 16GiB")
    if len(requests) > 1:
        raise UsageError("a budget is for one model", hint="name one target")
    with narration() as progress, stdout_reserved():
        with loading_torch(progress):
            from flopscope.solving import solve  # noqa: PLC0415 - see loading_torch

        answer = solve(requests[0], symbol, budgets, progress)
    target = requests[0].request.target
    if format_name == "json":
        show(answer_json(answer, target), color=False)
        return
    spell = spelling(View(ascii=screen_of(sys.stdout).ascii))
    lines = render_answer(answer, target).splitlines()
    show("\n".join(map(spell, lines)), color=False)
