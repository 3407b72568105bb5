"""``flopscope llm``: what it costs a model to generate text, and how fast it could be."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flopscope.analysis.generation.bounds import Installation, installation_of
from flopscope.analysis.generation.generation import Workload
from flopscope.analysis.generation.storage import FORMATS, storage_of
from flopscope.cli import offers
from flopscope.cli.errors import Command
from flopscope.cli.models import check_requests, takes_one_model
from flopscope.cli.options import ASSUME, DEBUG, check_output, read_lengths, takes_outputs
from flopscope.cli.terminal import loading_torch, narration, show, stdout_reserved
from flopscope.errors import UsageError
from flopscope.files import write
from flopscope.load.given import is_floating
from flopscope.load.inputs import parse_dtype
from flopscope.report import View, format_of
from flopscope.report.generation import GENERATION_FORMATS, GENERATION_SUFFIXES, GenerationReport
from flopscope.report.terminal import screen_of
from flopscope.request import GivenInputs, Request

EPILOG = """\b
Examples:
  A model type of transformers with its default config, eight sequences at a time:
    flopscope llm hf:llama --dtype bf16 --batch 8
  A model by its config, on two kinds of device:
    flopscope llm hf:Llama-3.1-70B --device "4x H100 SXM" --device "8x A100 SXM 80GB"
  With quantised weights and an 8-bit cache, by the length of the context:
    flopscope llm hf:mistral --weights int4 --kv-dtype fp8 --context 1k,8k,32k
  A model of yours, whose forward takes tokens and a cache and returns scores and the cache:
    flopscope llm mypkg:Decoder --prompt 512 --generate 64
"""

_FORMATS = ", ".join(FORMATS)


@click.command(
    "llm", cls=Command, epilog=EPILOG, short_help="Count what it takes to generate text."
)
@takes_one_model
@click.option(
    "--prompt",
    type=click.IntRange(min=1),
    metavar="N",
    default=2048,
    show_default=True,
    help="Tokens that each sequence starts with, or that the encoder is given.",
)
@click.option(
    "--generate",
    type=click.IntRange(min=1),
    metavar="N",
    default=256,
    show_default=True,
    help="Tokens to add to each.",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="Sequences at a time.",
)
@click.option(
    "--context",
    "contexts",
    callback=read_lengths,
    metavar="N[,N...]",
    help="Lengths of a sequence to look at a step at: 1k,4k,16k; k is 1,024.",
)
@click.option(
    "--device",
    "devices",
    metavar="[Nx ]NAME",
    shell_complete=offers.devices,
    multiple=True,
    help='A device of docs/devices.md, or several: "H100 SXM", "8x H100 SXM". Repeatable.',
)
@click.option(
    "--dtype",
    metavar="TYPE",
    shell_complete=offers.dtypes,
    show_default="what its config says, or float32",
    help="The model's element type: bf16, fp16.",
)
@click.option(
    "--weights",
    metavar="FORMAT",
    shell_complete=offers.one_of(FORMATS),
    help=f"What weights are stored in; arithmetic stays as it is. One of {_FORMATS}.",
)
@click.option(
    "--kv-dtype",
    metavar="FORMAT",
    shell_complete=offers.one_of(FORMATS),
    help="What the cache is stored in; as --weights.",
)
@ASSUME
@takes_outputs(GENERATION_FORMATS)
@DEBUG
def command(
    *,
    target: str,
    arguments: tuple[str, ...],
    config: Path | None,
    task: str | None,
    prompt: int,
    generate: int,
    batch: int,
    contexts: tuple[int, ...],
    devices: tuple[str, ...],
    dtype: str | None,
    weights: str | None,
    kv_dtype: str | None,
    assume: tuple[str, ...],
    unsafe_pickle: bool,
    format_name: str,
    outputs: tuple[Path, ...],
    debug: bool,
) -> None:
    """Count what it costs a language model to read a prompt and to generate tokens.

    TARGET is as for flopscope profile: hf:TYPE, hf:DIRECTORY, package.module:Name, or
    path/to/file.py:Name. Any model with a cache will do, one with an encoder too. The prefill is a
    forward pass of the prompt; each token after the first is a step, which is given one token and
    the cache. Both are traced as transformers' own generate, or your forward, runs them; no weights
    are needed.
    """
    del debug  # see cli.errors.Command
    request = Request(
        target,
        arguments=arguments,
        config=config,
        task=task,
        unsafe_pickle=unsafe_pickle,
        inputs=GivenInputs(dtype=dtype),
        time=False,
        assume=assume,
    )
    workload = Workload(prompt, generate, batch, contexts, storage_of(weights, kv_dtype))
    installations = tuple(map(installation_of, devices))
    check_requests([request])
    if dtype is not None and not is_floating(parse_dtype(dtype)):
        raise UsageError(f"{dtype} is no type of a model's", hint="write --dtype bf16")
    for path in outputs:
        check_output(path, GENERATION_SUFFIXES)
    report = _counted(request, workload, installations)
    for path in outputs:
        write(path, GENERATION_FORMATS[format_of(path, GENERATION_SUFFIXES)](report, View()))
    screen = screen_of(sys.stdout)
    view = View(width=screen.width, ascii=screen.ascii)
    show(GENERATION_FORMATS[format_name](report, view), color=False)


def _counted(
    request: Request, workload: Workload, installations: tuple[Installation, ...]
) -> GenerationReport:
    with narration() as progress, stdout_reserved():
        with loading_torch(progress):
            from flopscope.targeting import generation_of_target  # noqa: PLC0415 - see loading_torch

        return generation_of_target(request, workload, installations, progress)
