"""A model, its inputs and a device as the measured time of forward passes and of their modules."""

from __future__ import annotations

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from flopscope.errors import MeasureError
from flopscope.guest import disposable, undisturbed
from flopscope.measure.allocation import most_allocated
from flopscope.measure.clock import Clock, clock_of, timed
from flopscope.measure.hardware import device_name, named_device
from flopscope.measure.modules import ModuleWatch
from flopscope.measure.sampling import Budget, OnePass, sample, warm_up
from flopscope.measure.surroundings import surroundings
from flopscope.measure.variants import VARIANTS, CannotRunError, threads_used
from flopscope.measurements import INTERRUPTED, Timing, Variant
from flopscope.records import Scope, is_within


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a model is measured.

    Attributes:
        budget: how long and how well.
        module: the part of the model to time while all of it runs; ``""`` is all of it.
        threads: torch's threads within an operator, or None for as many as it has.
        variants: other ways to run it, of ``flopscope.measure.variants.VARIANTS``.
    """

    budget: Budget = field(default_factory=Budget)
    module: Scope = ""
    threads: int | None = None
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """A copy of a model, a call of it with its inputs, and the device that it runs on."""

    model: nn.Module
    forward: partial[object]
    device: torch.device
    clock: Clock

    def one_pass(self) -> float:
        """The seconds of a whole forward pass."""
        return timed(self.forward, self.clock)


@dataclass
class _Measured:
    """What has been measured so far."""

    whole: list[float] = field(default_factory=list)
    activation_nbytes: int | None = None
    modules: dict[Scope, list[float]] = field(default_factory=lambda: defaultdict(list))
    variants: list[Variant] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def measure(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    device: str,
    wanted: Wanted | None = None,
) -> Timing:
    """Time forward passes under ``inference_mode``, in the training mode that the model is in.

    First whole passes without hooks, after a warm-up, and one that is watched for what it
    allocates, then passes with hooks for the modules' share, then the variants. What runs is a
    copy, which holds the model's own parameters where none of its modules trains. What it prints is
    dropped: that was heard when the model was counted.

    An interrupt ends it early: the timing has what was measured until then, and a note.

    Args:
        model: is on the device already.
        args: to call it with, on the device too.
        kwargs: the same, by name.
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        wanted: what to measure and how well.

    Raises:
        UsageError: the device is of a kind that cannot be timed.
        TargetError: the model cannot be copied.
        MeasureError: the part to be timed does not run.
        KeyboardInterrupt: it came before a single pass was measured.
        Exception: what the model raises.
    """
    wanted = wanted or Wanted()
    model = getattr(model, "_orig_mod", model)  # a compiled model's original
    where = named_device(device)
    clock = clock_of(where)
    in_training = any(module.training for module in model.modules())
    shared = () if in_training else model.parameters()
    measured = _Measured()
    with undisturbed(), unheard(), threads_used(wanted.threads) as threads:
        about = surroundings(where)
        copied, copied_args, copied_kwargs = disposable(model, args, kwargs, shared)
        forward = partial(copied, *copied_args, **copied_kwargs)
        try:
            with torch.inference_mode():
                _measure(_Run(copied, forward, where, clock), wanted, measured)
        except KeyboardInterrupt:
            if not measured.whole:
                raise
            measured.notes.append(INTERRUPTED)
    cut = len(wanted.module) + 1 if wanted.module else 0
    return Timing(
        device=str(where),
        device_name=device_name(where),
        threads=threads,
        seconds=tuple(measured.whole),
        module_seconds={
            scope[cut:]: statistics.median(taken)
            for scope, taken in measured.modules.items()
            if is_within(scope, wanted.module)
        },
        activation_nbytes=measured.activation_nbytes,
        samples=samples_in(args, kwargs),
        variants=tuple(measured.variants),
        notes=(*about.notes, *measured.notes),
    )


def _measure(run: _Run, wanted: Wanted, measured: _Measured) -> None:
    budget = wanted.budget
    warm_up(run.one_pass, budget)
    part = _passes_of(run, wanted.module) if wanted.module else run.one_pass
    sample(part, budget, measured.whole)
    if not wanted.module:
        measured.activation_nbytes = most_allocated(run.forward, run.device)
    _watch_modules(run, budget, measured.modules)
    for name in wanted.variants:
        if wanted.module:
            measured.notes.append(f"{name}: not measured of a part of the model")
            continue
        try:
            measured.variants.append(_variant(name, run, budget))
        except CannotRunError as error:
            measured.notes.append(f"{name}: not measured: {error}")


def _variant(name: str, run: _Run, budget: Budget) -> Variant:
    start = time.perf_counter()
    one_pass = partial(timed, VARIANTS[name](run.model, run.forward, run.device), run.clock)
    one_pass()
    preparation = time.perf_counter() - start
    taken: list[float] = []
    warm_up(one_pass, budget)
    sample(one_pass, budget, taken)
    return Variant(name, tuple(taken), preparation)


@contextmanager
def unheard() -> Iterator[None]:
    """Drop what is printed, which would be the same line a thousand times."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


def _passes_of(run: _Run, module: Scope) -> OnePass:
    """Passes of the whole model that take the seconds of one of its modules, and watch no other."""
    watch = ModuleWatch(run.model, run.clock, only=run.model.get_submodule(module))

    def one_pass() -> float:
        run.clock.prepare()
        with watch.watching():
            run.forward()
        laps = watch.lap()
        if not laps:
            raise MeasureError(f"{module} is not called where the model is run for real")
        return sum(laps.values())

    return one_pass


def _watch_modules(run: _Run, budget: Budget, laps: dict[Scope, list[float]]) -> None:
    """Inclusive seconds of each module that ran, in every pass it ran in."""
    watch = ModuleWatch(run.model, run.clock)

    def one_pass() -> float:
        taken = run.one_pass()
        for scope, seconds in watch.lap().items():
            laps[scope].append(seconds)
        return taken

    with watch.watching():
        sample(one_pass, budget, [])


def samples_in(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int | None:
    """The first size of the first tensor that has one, which is taken to be the batch."""
    leaves = tree_leaves((args, dict(kwargs)))
    shapes = (leaf.shape for leaf in leaves if isinstance(leaf, torch.Tensor) and leaf.dim())
    first = next(shapes, None)
    return None if first is None else int(first[0])
