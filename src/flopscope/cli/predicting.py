"""The options that say which devices a prediction is for, and how a model is run on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from flopscope.analysis.prediction.calibration import Calibration, read_calibration
from flopscope.analysis.prediction.described import GIVEN, given_device
from flopscope.analysis.prediction.fitted import Variant
from flopscope.analysis.prediction.outlooks import Where
from flopscope.cli import offers
from flopscope.cli.model_options import AMP
from flopscope.cli.options import Decorator, read_rate, with_options
from flopscope.devices import Device, typed_device
from flopscope.errors import UsageError
from flopscope.load.inputs import parse_dtype
from flopscope.request import Request

_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--on",
        "on",
        metavar="DEVICE[,DEVICE...]",
        multiple=True,
        shell_complete=offers.several_devices,
        help="Devices of docs/devices.md, the first of which is shown in detail. Repeatable.",
    ),
    click.option(
        "--peak",
        callback=read_rate("FLOP/s"),
        metavar="RATE",
        help="A device that is not in the table: its FLOP/s of matrix products in the dtype.",
    ),
    click.option(
        "--bandwidth",
        callback=read_rate("B/s"),
        metavar="RATE",
        help="Of that device: the B/s of its memory.",
    ),
    click.option(
        "--memory",
        callback=read_rate("B"),
        metavar="SIZE",
        help="Of that device: how much memory it has, such as 24GiB.",
    ),
    click.option(
        "--calibration",
        "calibrations",
        type=click.Path(path_type=Path),
        metavar="FILE",
        multiple=True,
        help="What flopscope calibrate wrote on a device. Repeatable.",
    ),
    click.option(
        "--price",
        "prices",
        metavar="DEVICE=AMOUNT",
        multiple=True,
        help="What an hour of a device costs, to get the cost of a million samples: 'RTX"
        " 4090=0.35'. Repeatable.",
    ),
    click.option("--compile", "compiled", is_flag=True, help="Compiled by torch.compile."),
    click.option("--train", is_flag=True, help="A step of training instead of a forward pass."),
    click.option(
        "--norms",
        type=click.Choice(["half", "float32"]),
        help="What norms run in under autocast, which alone leaves them in float32, in layers"
        " that offer half, as timm's do.",
        show_default="half",
    ),
)


def takes_devices(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options, and its function ``where``, ``variant``, ``half_norms``.

    The requests have autocast where no type was given.
    """

    @wraps(function)
    def called(
        *,
        requests: tuple[Request, ...],
        on: tuple[str, ...],
        peak: float | None,
        bandwidth: float | None,
        memory: float | None,
        calibrations: tuple[Path, ...],
        prices: tuple[str, ...],
        compiled: bool,
        train: bool,
        norms: str | None,
        **own: Any,
    ) -> None:
        if compiled and train:
            raise UsageError("--compile is of inference here", hint="leave --train out")
        requests = tuple(with_amp(replace(request, time=False)) for request in requests)
        autocast, own_dtype = requests[0].autocast, requests[0].inputs.dtype
        if norms is not None and autocast is None:
            raise UsageError("--norms is of autocast", hint="add --dtype amp")
        dtype = parse_dtype(autocast or own_dtype or "float32")
        described = _described(peak, bandwidth, memory, dtype)
        found = tuple(map(read_calibration, calibrations))
        where = _where((*_named(on, found), *described), found, prices)
        variant: Variant = "compiled" if compiled else "training" if train else "eager"
        half = norms != "float32"
        function(requests=requests, where=where, variant=variant, half_norms=half, **own)

    return with_options(called, _OPTIONS)


def with_amp(request: Request) -> Request:
    """A request in which ``amp`` is autocast to float16, as it is where no type is given."""
    given = request.inputs.dtype
    if given == AMP and request.autocast is not None:
        raise UsageError("--dtype amp is --autocast fp16", hint="leave one of them out")
    if given == AMP or (given is None and request.autocast is None):
        return replace(request, autocast="float16", inputs=replace(request.inputs, dtype=None))
    return request


def _named(on: Sequence[str], calibrations: Sequence[Calibration]) -> Iterator[Device]:
    """Devices of the table, and those that are not in it but were calibrated."""
    measured = {each.device.name: each.device for each in calibrations}
    for text in on:
        for name in filter(None, (part.strip() for part in text.split(","))):
            yield measured.get(name) or _device(name)


def _device(name: str) -> Device:
    try:
        return typed_device(name)
    except UsageError as error:
        if error.hint.startswith("one of"):
            raise
        hint = "--peak and --bandwidth describe any other"
        separator = " " if error.hint.endswith("?") else "; "
        raise UsageError(error.message, f"{error.hint}{separator}{hint}") from error


def _described(
    peak: float | None, bandwidth: float | None, memory: float | None, dtype: str
) -> Iterator[Device]:
    if peak is not None and bandwidth is not None:
        yield given_device(peak, bandwidth, memory, dtype)
    elif (peak, bandwidth, memory) != (None, None, None):
        raise UsageError(
            "a device is described by both its --peak and its --bandwidth",
            hint="write --peak 165T --bandwidth 1.01T --memory 24GiB",
        )


def _where(
    named: Sequence[Device], calibrations: Sequence[Calibration], prices: Sequence[str]
) -> Where:
    """The devices, each once: those that were named, and else those that were calibrated."""
    measured = {each.device.name: each for each in calibrations}
    chosen = {device.name: device for device in named or (each.device for each in calibrations)}
    if not chosen:
        raise UsageError("on which device?", hint='give --on "RTX 4090", or --peak and --bandwidth')
    for name in measured:
        if name not in chosen:
            raise UsageError(f"that calibration is of {name}", hint=f'add --on "{name}"')
    return Where(
        tuple(chosen.values()),
        {name: each.scalars for name, each in measured.items()},
        dict(_price(text, chosen) for text in prices),
    )


def _price(text: str, chosen: dict[str, Device]) -> tuple[str, float]:
    name, equals, amount = text.rpartition("=")
    try:
        price = float(amount.strip().removeprefix("$"))
    except ValueError:
        price = 0.0
    if not equals or not 0 < price < float("inf"):
        raise UsageError(f"'{text}' is no price", hint="write --price 'RTX 4090=0.35'")
    found = name.strip() if name.strip() in {GIVEN, *chosen} else typed_device(name).name
    if found not in chosen:
        raise UsageError(f"nothing is predicted for {found}", hint=f'add --on "{found}"')
    return found, price
