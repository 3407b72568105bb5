"""A model, its inputs and a device as the measured time of forward passes and of their modules."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import nn

from flopscope.guest import disposable, undisturbed
from flopscope.measure.clock import Clock, clock_of
from flopscope.measure.hardware import device_name, named_device
from flopscope.measure.modules import ModuleWatch
from flopscope.measurements import Timing
from flopscope.records import Scope, is_within

Forward: TypeAlias = Callable[[], object]

FEWEST_RUNS = 3
MOST_RUNS = 1000
"""A median over more runs of a tiny model says nothing new."""

_STILL_WARMING = 0.9
"""A run that takes less than this part of the one before it is still getting faster."""


def measure(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    device: str,
    seconds: float = 1.0,
    module: Scope = "",
) -> Timing:
    """Time forward passes under ``inference_mode``, in the training mode that the model is in.

    First whole passes without hooks, after a warm-up: about ``seconds`` of them and at least three.
    Then passes with hooks for the modules' share, for about as long and at least one.

    What runs is a copy, which holds the model's own parameters where none of its modules trains.
    What it prints is dropped: that was heard when the model was counted.

    Args:
        model: is on the device already.
        args: to call it with, on the device too.
        kwargs: the same, by name.
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        seconds: about how long the measured runs take in all, unless a single one is longer.
        module: the part of the model to time while all of it runs; ``""`` is all of it.

    Raises:
        UsageError: the device is of a kind that cannot be timed.
        TargetError: the model cannot be copied.
        Exception: what the model raises.
    """
    where = named_device(device)
    clock = clock_of(where)
    in_training = any(module.training for module in model.modules())
    shared = () if in_training else model.parameters()
    with undisturbed(), _unheard():
        copied, copied_args, copied_kwargs = disposable(model, args, kwargs, shared)
        forward = partial(copied, *copied_args, **copied_kwargs)
        with torch.inference_mode():
            _warm_up(forward, clock, seconds / 2)
            if module:
                one_pass = _passes_of(copied, module, forward, clock)
            else:
                one_pass = partial(_one_pass, forward, clock)
            whole = _passes(one_pass, seconds)
            of_modules = _module_seconds(copied, forward, clock, seconds)
    return Timing(
        device=str(where),
        device_name=device_name(where),
        threads=torch.get_num_threads(),
        seconds=tuple(whole),
        module_seconds={
            scope[len(module) + 1 :] if module else scope: taken
            for scope, taken in of_modules.items()
            if is_within(scope, module)
        },
    )


@contextmanager
def _unheard() -> Iterator[None]:
    """Drop what is printed, which would be the same line a thousand times."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


def _one_pass(forward: Forward, clock: Clock) -> float:
    """Seconds of one forward pass, from an idle device to an idle device."""
    clock.wait()
    start = time.perf_counter()
    forward()
    clock.wait()
    return time.perf_counter() - start


def _warm_up(forward: Forward, clock: Clock, seconds: float) -> None:
    """Run until a pass is hardly faster than the one before it, at least once."""
    previous, spent = math.inf, 0.0
    while True:
        taken = _one_pass(forward, clock)
        spent += taken
        if taken > _STILL_WARMING * previous or spent > seconds:
            return
        previous = taken


def _passes(one_pass: Callable[[], float], seconds: float) -> list[float]:
    passes: list[float] = []
    start = time.perf_counter()
    while len(passes) < FEWEST_RUNS or (
        time.perf_counter() - start < seconds and len(passes) < MOST_RUNS
    ):
        passes.append(one_pass())
    return passes


def _passes_of(
    model: nn.Module, module: Scope, forward: Forward, clock: Clock
) -> Callable[[], float]:
    """Passes of the whole model that take the seconds of one of its modules, and watch no other."""
    watch = ModuleWatch(model, clock, only=model.get_submodule(module))

    def one_pass() -> float:
        with watch.watching():
            forward()
        return sum(watch.lap().values())

    return one_pass


def _module_seconds(
    model: nn.Module, forward: Forward, clock: Clock, seconds: float
) -> dict[Scope, float]:
    """Median inclusive seconds of each module that ran, over the passes it ran in."""
    watch = ModuleWatch(model, clock)
    laps: dict[Scope, list[float]] = defaultdict(list)
    spent = 0.0
    with watch.watching():
        for _ in range(MOST_RUNS):
            spent += _one_pass(forward, clock)
            for scope, taken in watch.lap().items():
                laps[scope].append(taken)
            if spent > seconds:
                break
    return {scope: statistics.median(taken) for scope, taken in laps.items()}
