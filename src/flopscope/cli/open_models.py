"""The options that leave sizes of a model's inputs open, as open requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import click

from flopscope.cli.model_options import Options
from flopscope.cli.models import check_requests, takes_models
from flopscope.cli.options import with_options
from flopscope.errors import UsageError
from flopscope.load.symbols import closed, parse_vary, symbols_of
from flopscope.request import OpenRequest, Request


def read_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    """A number, or a letter that stands for one."""
    if value is None or value.isidentifier():
        return value
    if value.isdecimal() and int(value):
        return int(value)
    raise click.BadParameter(f"'{value}' is neither a positive number nor a letter", ctx, param)


_SIZES: Options = (
    click.option(
        "--batch",
        "open_batch",
        callback=read_size,
        metavar="N|LETTER",
        help="The first size of every --shape and of inputs that are known.",
    ),
    click.option(
        "--seq",
        "open_seq",
        callback=read_size,
        metavar="N|LETTER",
        help="How many tokens, for a language model that is given no shapes.",
    ),
    click.option(
        "--vary",
        "varied",
        metavar="NAME=SIZES",
        multiple=True,
        help="Sizes that are asked about: R=128..512:32, B=1,8. A name that is no letter of the"
        " inputs is a parameter of the function that --inputs names, or else of the constructor."
        " Repeatable.",
    ),
)


def takes_open_models(
    function: Callable[..., None], metavar: str = "TARGET..."
) -> Callable[..., None]:
    """Give a command the targets and the options about them, with letters for sizes.

    The function is called with ``requests``, an open one for each target, and its own options.
    """

    @wraps(function)
    def called(
        *,
        requests: tuple[Request, ...],
        open_batch: int | str | None,
        open_seq: int | str | None,
        varied: tuple[str, ...],
        **own: Any,
    ) -> None:
        vary = parse_vary(varied)
        opened = tuple(
            OpenRequest(
                replace(
                    request,
                    inputs=replace(
                        request.inputs,
                        batch=open_batch if isinstance(open_batch, int) else None,
                        seq=open_seq if isinstance(open_seq, int) else None,
                    ),
                    time=False,
                ),
                batch=open_batch if isinstance(open_batch, str) else None,
                seq=open_seq if isinstance(open_seq, str) else None,
                vary=vary,
            )
            for request in requests
        )
        for each in opened:
            _check(each)
        function(requests=opened, **own)

    return takes_models(with_options(called, _SIZES), sizes=(), metavar=metavar)


def _check(open_request: OpenRequest) -> None:
    """Raise now, without torch, what would be raised seconds later."""
    given = open_request.request.inputs
    if open_request.batch is not None and (given.shapes or given.structures):
        raise UsageError(
            f"--batch {open_request.batch} is for inputs that the target knows",
            hint=f"write {open_request.batch} in the shapes",
        )
    check_requests([closed(open_request, {symbol.name: 1 for symbol in symbols_of(open_request)})])
