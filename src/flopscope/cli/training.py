"""The options that say how a model is trained, as requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

import click

from flopscope.cli import offers
from flopscope.cli.options import Decorator, with_options
from flopscope.errors import UsageError
from flopscope.load.target import parse_target
from flopscope.request import OpenRequest, Request

TRAIN = click.option(
    "--train",
    is_flag=True,
    help="Count a training step, in training mode: forward, backward and optimizer.",
)
"""Not an option of commands that are about training anyway."""

_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--optimizer",
        metavar="NAME[(ARGS)]",
        shell_complete=offers.optimizers,
        help="The optimizer of that step: one of torch.optim, such as sgd(momentum=0.9), or"
        " mypkg:Lion.",
        show_default="adamw",
    ),
    click.option(
        "--loss",
        metavar="PLACE:FUNCTION",
        shell_complete=offers.targets,
        show_default="the model's own loss, or the sum of its outputs",
        help="What to differentiate: a function of what the model returns.",
    ),
    click.option(
        "--accumulate",
        type=click.IntRange(min=1),
        metavar="N",
        show_default="1",
        help="Forward and backward passes for one step of the optimizer.",
    ),
    click.option(
        "--checkpoint",
        metavar="PATTERN",
        multiple=True,
        help="Train with modules checkpointed, whose activations are computed again: 'layers.*'."
        " Repeatable.",
    ),
)


def takes_training(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options about training, and its function requests that hold them.

    What is not asked to ``train`` is refused options about how.
    """

    @wraps(function)
    def called(
        *,
        requests: tuple[Request | OpenRequest, ...],
        optimizer: str | None,
        loss: str | None,
        accumulate: int | None,
        checkpoint: tuple[str, ...],
        train: bool = True,
        **own: Any,
    ) -> None:
        given = {
            "--optimizer": optimizer is not None,
            "--loss": loss is not None,
            "--accumulate": accumulate is not None,
            "--checkpoint": bool(checkpoint),
        }
        for option, is_given in given.items():
            if is_given and not train:
                raise UsageError(f"{option} is of a training step", hint="add --train")
        if loss is not None:
            parse_target(loss)

        def trained(request: Request) -> Request:
            return replace(
                request,
                train=train,
                optimizer=optimizer or request.optimizer,
                loss=loss,
                accumulate=accumulate or request.accumulate,
                checkpoint=checkpoint,
            )

        function(requests=tuple(_each(request, trained) for request in requests), **own)

    return with_options(called, _OPTIONS)


def _each(
    request: Request | OpenRequest, trained: Callable[[Request], Request]
) -> Request | OpenRequest:
    if isinstance(request, OpenRequest):
        return replace(request, request=trained(request.request))
    return trained(request)


def check_training(requests: Sequence[Request]) -> None:
    """Raise where something is asked for of a training step that is of a forward pass alone.

    Raises:
        UsageError: something is.
    """
    for request in requests:
        of_forward_passes = (
            ("--module", bool(request.module), "is of a part of a forward pass"),
            ("--counter", bool(request.counters), "asks what others say of a forward pass"),
            ("--as", request.convention is not None, "restates a forward pass"),
            ("--compile", request.compiled, "measures a forward pass"),
        )
        for option, is_given, does in of_forward_passes:
            if request.train and is_given:
                raise UsageError(f"{option} {does}, and --train is of a step", hint="leave one out")
