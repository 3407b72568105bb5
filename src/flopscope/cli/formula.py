"""``flopscope formula``: a model's cost as a function of the sizes of its input."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from flopscope.analysis.formula.figures import OF_COSTS
from flopscope.cli import offers
from flopscope.cli.errors import Command
from flopscope.cli.open_models import takes_open_models
from flopscope.cli.options import DEBUG, depth_option, format_option, read_names
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.cli.training import TRAIN, takes_training
from flopscope.errors import UsageError
from flopscope.files import write
from flopscope.report import View
from flopscope.report.formula import FORMULA_FORMATS
from flopscope.report.terminal import screen_of
from flopscope.request import OpenRequest
from flopscope.spelling import did_you_mean

FIGURES = (*OF_COSTS, "params")

EPILOG = """\b
Examples:
  How a language model's cost grows with the batch and with the text:
    flopscope formula hf:llama --shape input_ids:B,S:int64
  The same on the inputs that it knows itself:
    flopscope formula hf:gpt2 --batch B --seq S --depth 2
  A network for images, on what multiples its law holds, and why:
    flopscope formula timm:resnet50 --shape B,3,H,W
  Only sizes that matter, and FLOPs and bytes of each module:
    flopscope formula mypkg:Net --shape 1,3,R,R --vary R=128..512:32 --figures flops,bytes_moved
  How it grows with an argument of its constructor:
    flopscope formula mypkg:Net --vary width=32..256:32 --shape 1,3,64,64
  For a paper, and for a program:
    flopscope formula hf:bert --batch B --seq S --format latex
    flopscope formula hf:bert --batch B --seq S --format python -o bert_cost.py
  Of a training step, gradients and optimizer included:
    flopscope formula timm:resnet50 --shape B,3,H,W --train --optimizer sgd
"""


@click.command(
    "formula", cls=Command, epilog=EPILOG, short_help="Derive cost as a function of sizes."
)
@partial(takes_open_models, metavar="TARGET")
@TRAIN
@takes_training
@click.option(
    "--figures",
    callback=read_names,
    metavar="NAMES",
    shell_complete=offers.several_of(FIGURES),
    help=f"What to give for each module, between commas: {', '.join(FIGURES)}.",
    show_default="macs",
)
@format_option(FORMULA_FORMATS)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it to a file instead.",
)
@depth_option()
@DEBUG
def command(
    *,
    requests: tuple[OpenRequest, ...],
    figures: tuple[str, ...],
    format_name: str,
    output: Path | None,
    depth: int | None,
    debug: bool,
) -> None:
    """Derive what one forward pass, or a training step, costs as a function of sizes of its input.

    Letters in shapes stand for sizes: --shape ids:B,S:int64. The model is counted at some tens of
    points, exact polynomials are laid through them, and held against all others. Where a law
    doesn't hold, that is said; none is fitted.

    TARGET names the model, as for flopscope profile.
    """
    del debug  # see cli.errors.Command
    if len(requests) > 1:
        raise UsageError("a formula is of one model", hint="flopscope sweep compares several")
    for name in figures:
        if name not in FIGURES:
            listed = did_you_mean(name, FIGURES) or f"the figures are {', '.join(FIGURES)}"
            raise UsageError(f"no figure '{name}'", listed)
    with narration() as progress, stdout_reserved():
        with loading_torch(progress):
            from flopscope.varying import closed_form  # noqa: PLC0415 - see loading_torch

        form = closed_form(requests[0], progress)
    view = View(depth=depth, columns=figures)
    if output is not None:
        write(output, FORMULA_FORMATS[format_name](form, view))
        return
    screen = screen_of(sys.stdout)
    fitted = replace(view, width=screen.width, ascii=screen.ascii)
    show(FORMULA_FORMATS[format_name](form, fitted), color=False)
