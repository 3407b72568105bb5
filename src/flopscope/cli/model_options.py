"""The options about models, what to call them with and how they run, as click takes them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import click

from flopscope.cli import offers
from flopscope.cli.options import ASSUME, Decorator, read_batches

Options: TypeAlias = tuple[Decorator, ...]


BUILT_WITH: Options = (
    click.option(
        "--arg",
        "arguments",
        metavar="NAME=VALUE",
        multiple=True,
        help="An argument for the constructor. A Python literal, a name in torch, or else a string;"
        " true and false are True and False; a.b=1 sets b in the mapping a. Repeatable.",
    ),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Arguments for the constructor, from a file in JSON, YAML or TOML. --arg and the call"
        " overrule it.",
    ),
    click.option(
        "--task",
        metavar="TASK",
        shell_complete=offers.tasks,
        help="The head of a model of transformers: causal-lm, image-classification, ...",
    ),
)
"""What a model is built with."""

UNSAFE_PICKLE: Decorator = click.option(
    "--unsafe-pickle",
    is_flag=True,
    help="Load a pickled model, which runs whatever code is in the file.",
)

OF_MODELS: Options = (
    *BUILT_WITH,
    click.option(
        "--shape",
        "shapes",
        metavar="[NAME:]SIZES[:TYPE][@LOW..HIGH]",
        multiple=True,
        help="An input: 2,384,32,32 or 2x384x32x32, [] for a scalar. Without a name it is"
        " positional; integers are 0 unless a range to draw from is given. Repeatable.",
    ),
    click.option(
        "--input",
        "structures",
        metavar="[NAME=]STRUCTURE",
        multiple=True,
        help="An input that is a list, a tuple or a mapping of tensors:"
        " boxes=[[4,4],[7,4]]:float32. Repeatable.",
    ),
    click.option(
        "--inputs",
        "function_name",
        metavar="PLACE:FUNCTION",
        shell_complete=offers.targets,
        help="A function that returns all inputs: a tuple of positional ones, a dict, or both.",
    ),
    click.option(
        "--kwarg",
        "kwargs",
        metavar="NAME=VALUE",
        multiple=True,
        help="Another keyword argument of forward, read as --arg is. Repeatable.",
    ),
)

_OF_BATCHES = "The first size of every --shape and of inputs that are known."

_SEQ: Decorator = click.option(
    "--seq",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many tokens, for a language model that is given no shapes.",
)

SIZES: Options = (
    click.option(
        "--batch",
        "batches",
        callback=read_batches,
        metavar="N[,N...]",
        help=f"{_OF_BATCHES} Several numbers give a line each: a curve of throughput.",
    ),
    _SEQ,
)
"""How many samples and tokens: numbers."""

ONE_SIZE: Options = (
    click.option("--batch", "batches", callback=read_batches, metavar="N", help=_OF_BATCHES),
    _SEQ,
)
"""The same for a command that takes one number of each."""

OF_MODES: Options = (
    click.option(
        "--dtype",
        metavar="TYPE",
        shell_complete=offers.dtypes,
        help="The element type of the inputs, by torch's name or a short one: bf16, fp16, long. A"
        " floating-point type is the model's, too.",
        show_default="float32",
    ),
    click.option(
        "--autocast",
        metavar="TYPE",
        shell_complete=offers.one_of(("bf16", "fp16")),
        help="Cast operators as torch.autocast does: bf16.",
    ),
    click.option(
        "--channels-last",
        is_flag=True,
        help="Lay the model and its images out with the channels last in memory.",
    ),
    click.option(
        "--module",
        metavar="PATH",
        default="",
        help="Report on this part of the model alone, as a whole forward pass feeds it.",
    ),
    ASSUME,
    UNSAFE_PICKLE,
)

AMP = "amp"
"""The type of automatic mixed precision: operators are cast to float16, weights are float32."""

MODES_WITH_AMP: Options = (
    click.option(
        "--dtype",
        metavar="TYPE",
        shell_complete=offers.one_of((AMP, "fp16", "bf16", "fp32")),
        help="amp casts operators to float16 by autocast; any other is the element type of the"
        " inputs, and a floating-point type the model's, too.",
        show_default=AMP,
    ),
    *OF_MODES[1:],
)
"""The same for a command whose models run in mixed precision unless it is said."""
