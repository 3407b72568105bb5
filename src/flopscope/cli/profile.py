"""``flopscope profile``: one model on one input, counted and measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from flopscope.assumptions import RULES as ASSUMPTIONS
from flopscope.cli.errors import Command
from flopscope.cli.options import (
    COLUMN_NAMES,
    check_columns,
    check_output,
    check_request,
    read_device,
    read_names,
)
from flopscope.cli.terminal import narration, show, stdout_reserved
from flopscope.counters import COUNTERS
from flopscope.report import FORMATS, Report, View, format_of
from flopscope.report.files import write
from flopscope.report.terminal import screen_of
from flopscope.request import GivenInputs, Request

ALL = "all"

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
  Token numbers and a mask, by name; and other arguments of forward:
    flopscope profile mypkg:Net --shape ids:1,128:int64@0..50257 --shape mask:1,128:bool \\
      --kwarg use_cache=False
  A detector, which takes a list of images:
    flopscope profile mypkg:Detector --input "[[3,480,640],[3,600,800]]"
  One part of a model, as a whole forward pass feeds it:
    flopscope profile torchvision:vit_b_16 --module encoder.layers.encoder_layer_0
  From a file, counted alone, the first two levels, dearest first:
    flopscope profile net.py:Net --shape 1,3,224,224 --no-time --depth 2 --sort flops
  Beside what other counters say, and as JSON in a file too:
    flopscope profile mypkg:Net --shape 1,3,64,64 --counter all -o report.json
"""


@click.command(
    "profile",
    cls=Command,
    epilog=EPILOG,
    short_help="Count and measure models, each on one input.",
)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "--arg",
    "arguments",
    metavar="NAME=VALUE",
    multiple=True,
    help="An argument for the constructor. A Python literal, a name in torch, or else a string;"
    " true and false are True and False; a.b=1 sets b in the mapping a. Repeatable.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Arguments for the constructor, from a file in JSON, YAML or TOML. --arg and the call"
    " overrule it.",
)
@click.option(
    "--task",
    metavar="TASK",
    help="The head of a model of transformers: causal-lm, image-classification, ...",
)
@click.option(
    "--shape",
    "shapes",
    metavar="[NAME:]SIZES[:TYPE][@LOW..HIGH]",
    multiple=True,
    help="An input: 2,384,32,32 or 2x384x32x32, [] for a scalar. Without a name it is positional;"
    " integers are 0 unless a range to draw from is given. Repeatable.",
)
@click.option(
    "--input",
    "structures",
    metavar="[NAME=]STRUCTURE",
    multiple=True,
    help="An input that is a list, a tuple or a mapping of tensors: boxes=[[4,4],[7,4]]:float32."
    " Repeatable.",
)
@click.option(
    "--inputs",
    "function",
    metavar="PLACE:FUNCTION",
    help="A function that returns all inputs: a tuple of positional, a dict of named ones, or both.",
)
@click.option(
    "--kwarg",
    "kwargs",
    metavar="NAME=VALUE",
    multiple=True,
    help="Another keyword argument of forward, read as --arg is. Repeatable.",
)
@click.option(
    "--batch", type=click.IntRange(min=1), metavar="N", help="The first size of every input."
)
@click.option(
    "--seq",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many tokens, for a language model that is given no shapes.",
)
@click.option(
    "--dtype",
    metavar="TYPE",
    help="The element type of the inputs, by torch's name or a short one: bf16, fp16, long. A"
    " floating-point type is the model's, too.  [default: float32]",
)
@click.option("--autocast", metavar="TYPE", help="Cast operators as torch.autocast does: bf16.")
@click.option("--train", is_flag=True, help="Put the model in training mode; the default is eval.")
@click.option(
    "--module",
    metavar="PATH",
    default="",
    help="Report on this part of the model alone, as a whole forward pass feeds it.",
)
@click.option(
    "--counter",
    "counters",
    type=click.Choice([*COUNTERS, ALL]),
    multiple=True,
    help="Another counter to ask, on a copy of the model. Repeatable.",
)
@click.option(
    "--device",
    callback=read_device,
    metavar="auto|cpu|cuda[:N]",
    default="auto",
    show_default=True,
    help="Where to measure and to run other counters. auto is CUDA where there is one.",
)
@click.option("--no-time", "time", flag_value=False, default=True, help="Count, don't measure.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="table",
    show_default=True,
    help="What to write to standard output.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="Write the report to a file as well, in the format that its suffix names. Repeatable.",
)
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
@click.option("--strict", is_flag=True, help="Fail if an operator has no formula.")
@click.option(
    "--unsafe-pickle",
    is_flag=True,
    help="Load a pickled model, which runs whatever code is in the file.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(
    *,
    targets: tuple[str, ...],
    arguments: tuple[str, ...],
    config: Path | None,
    task: str | None,
    shapes: tuple[str, ...],
    structures: tuple[str, ...],
    function: str | None,
    kwargs: tuple[str, ...],
    batch: int | None,
    seq: int | None,
    dtype: str | None,
    autocast: str | None,
    train: bool,
    module: str,
    counters: tuple[str, ...],
    device: str,
    time: bool,
    format_name: str,
    outputs: tuple[Path, ...],
    depth: int | None,
    sort: str | None,
    columns: tuple[str, ...],
    fold: bool,
    assume: tuple[str, ...],
    strict: bool,
    unsafe_pickle: bool,
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
    requests = [
        Request(
            target,
            arguments=arguments,
            config=config,
            task=task,
            unsafe_pickle=unsafe_pickle,
            inputs=GivenInputs(shapes, structures, kwargs, function, dtype, batch, seq),
            module=module,
            train=train,
            autocast=autocast,
            counters=tuple(COUNTERS) if ALL in counters else tuple(dict.fromkeys(counters)),
            device=device,
            time=time,
            assume=assume,
            strict=strict,
        )
        for target in targets
    ]
    view = View(depth=depth, columns=columns, sort=sort, fold=fold)
    _refuse_early(requests, view, outputs)
    (report,) = map(_profiled, requests)
    for path in outputs:
        write(path, FORMATS[format_of(path)](report, view))
    screen = screen_of(sys.stdout)
    fitted = replace(view, width=screen.width, color=screen.color, ascii=screen.ascii)
    show(FORMATS[format_name](report, fitted), color=screen.color)


def _refuse_early(requests: Sequence[Request], view: View, outputs: Sequence[Path]) -> None:
    """Raise now, without torch, what would be raised seconds later."""
    for path in outputs:
        check_output(path)
    for request in requests:
        check_columns(view.columns, request.counters)
        check_columns([view.sort] if view.sort else [], request.counters)
        check_request(request)


def _profiled(request: Request) -> Report:
    with narration() as progress, stdout_reserved():
        progress("loading torch")
        # Here, not above: it takes seconds that no usage error should have to wait for.
        from flopscope.targeting import profile_target  # noqa: PLC0415 - see above

        return profile_target(request, progress)
