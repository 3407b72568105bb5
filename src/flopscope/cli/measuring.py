"""The options that say where models run and what of their time is measured, as requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

import click

from flopscope.cli.options import Decorator, device_option, read_rate, threads_option, with_options
from flopscope.errors import UsageError
from flopscope.request import Request

_OPTIONS: tuple[Decorator, ...] = (
    device_option("Where to measure and to run other counters. auto is CUDA where there is one."),
    threads_option("Torch's threads within an operator while measuring."),
    click.option(
        "--peak",
        callback=read_rate("FLOP/s"),
        metavar="RATE",
        help="FLOP/s that the device does at most, such as 312T; else what is known of it.",
    ),
    click.option(
        "--bandwidth",
        callback=read_rate("B/s"),
        metavar="RATE",
        help="B/s that its memory moves at most, such as 2.0T; else what is known of it.",
    ),
    click.option(
        "--compile",
        "compiled",
        is_flag=True,
        help="Measure the model compiled by torch.compile, too.",
    ),
    click.option("--no-time", "time", flag_value=False, default=True, help="Count, don't measure."),
)


def takes_measuring(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options about measuring, and its function requests that hold them."""

    @wraps(function)
    def called(
        *,
        requests: tuple[Request, ...],
        device: str,
        threads: int | None,
        peak: float | None,
        bandwidth: float | None,
        compiled: bool,
        time: bool,
        **own: Any,
    ) -> None:
        if not time:
            _refuse_idle({"--compile": compiled, "--threads": threads is not None})
        measured = tuple(
            replace(
                request,
                device=device,
                threads=threads,
                peak=peak,
                bandwidth=bandwidth,
                compiled=compiled,
                time=time,
            )
            for request in requests
        )
        function(requests=measured, **own)

    return with_options(called, _OPTIONS)


def _refuse_idle(options: Mapping[str, bool]) -> None:
    """Raise where an option that was given says how to measure, and nothing is measured."""
    for option, is_given in options.items():
        if is_given:
            raise UsageError(
                f"{option} says how to measure, and --no-time that nothing is measured",
                hint="leave one of them out",
            )
