"""The arguments and options that name models and what to call them with, as requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from flopscope.assumptions import parse as parse_assumptions
from flopscope.cli import offers
from flopscope.cli.model_options import (
    BUILT_WITH,
    OF_MODELS,
    OF_MODES,
    ONE_SIZE,
    SIZES,
    UNSAFE_PICKLE,
    Options,
)
from flopscope.cli.options import with_options
from flopscope.errors import UsageError
from flopscope.load.applicable import refuse_idle
from flopscope.load.config_file import check_config_suffix
from flopscope.load.given import parse_given
from flopscope.load.inputs import parse_dtype
from flopscope.load.target import parse_target
from flopscope.request import GivenInputs, Request

CAST_TO = ("bfloat16", "float16")
"""What torch.autocast casts to."""


def _alone(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str]:
    """A single target as the only one of several."""
    del ctx, param
    return (value,)


_TARGET = click.argument(
    "targets",
    nargs=1,
    required=True,
    metavar="TARGET",
    callback=_alone,
    shell_complete=offers.targets,
)


def takes_model(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command a target and the options about it, and its function the request.

    The function is called with ``request``, and with its own options.
    """

    @wraps(function)
    def called(*, requests: tuple[Request, ...], **own: Any) -> None:
        if len(requests) > 1:
            raise UsageError("one --batch at a time", hint="write --batch 8")
        function(request=requests[0], **own)

    return with_options(_called(called), (_TARGET, *OF_MODELS, *ONE_SIZE, *OF_MODES))


def takes_one_model(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command a target and the options about what it is built with."""
    return with_options(
        function,
        (
            click.argument("target", metavar="TARGET", shell_complete=offers.targets),
            *BUILT_WITH,
            UNSAFE_PICKLE,
        ),
    )


def takes_models(
    function: Callable[..., None],
    sizes: Options = SIZES,
    modes: Options = OF_MODES,
    metavar: str = "TARGET...",
    offer: offers.Offer = offers.targets,
) -> Callable[..., None]:
    """Give a command the targets and the options about them, and its function the requests.

    The function is called with ``requests``, one for each target, and with its own options.

    Args:
        function: the command's.
        sizes: the options that say how many samples and tokens there are.
        modes: the options that say how the models run.
        metavar: what the help calls the targets, of which a command may refuse several.
        offer: what completion offers for them.
    """
    targets = click.argument(
        "targets", nargs=-1, required=True, metavar=metavar, shell_complete=offer
    )
    return with_options(_called(function), (targets, *OF_MODELS, *sizes, *modes))


def _called(function: Callable[..., None]) -> Callable[..., None]:
    """What click calls with the options of their own, for a function that takes requests."""

    @wraps(function)
    def called(
        *,
        targets: tuple[str, ...],
        arguments: tuple[str, ...],
        config: Path | None,
        task: str | None,
        shapes: tuple[str, ...],
        structures: tuple[str, ...],
        function_name: str | None,
        kwargs: tuple[str, ...],
        batches: tuple[int | None, ...] = (None,),
        seq: int | None = None,
        dtype: str | None,
        autocast: str | None,
        channels_last: bool,
        module: str,
        assume: tuple[str, ...],
        unsafe_pickle: bool,
        **own: Any,
    ) -> None:
        requests = tuple(
            Request(
                target,
                arguments=arguments,
                config=config,
                task=task,
                unsafe_pickle=unsafe_pickle,
                inputs=GivenInputs(shapes, structures, kwargs, function_name, dtype, batch, seq),
                module=module,
                channels_last=channels_last,
                autocast=autocast,
                assume=assume,
            )
            for target in targets
            for batch in batches
        )
        function(requests=requests, **own)

    return called


def check_requests(requests: Sequence[Request]) -> None:
    """Make sure that what was typed can be read, and says something of one of the targets.

    Raises:
        UsageError, TargetError, InputError: something cannot, or does not.
    """
    for request in requests:
        _check_request(request)
    refuse_idle(requests)


def _check_request(request: Request) -> None:
    """Make sure that what was typed can be read: of the target, its arguments and its inputs.

    Raises:
        UsageError, TargetError, InputError: something cannot.
    """
    parse_assumptions(request.assume)
    parse_target(request.target, request.arguments)
    parse_given(request.inputs)
    if request.inputs.function is not None:
        parse_target(request.inputs.function)
    if request.config is not None:
        check_config_suffix(request.config)
    if request.autocast is not None and parse_dtype(request.autocast) not in CAST_TO:
        raise UsageError(f"nothing is cast to {request.autocast}", hint="write --autocast bf16")
