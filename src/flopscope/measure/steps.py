"""A model, its inputs and a recipe as the measured time of whole training steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn

from flopscope.checkpointing import checkpointed
from flopscope.guest import disposable, undisturbed
from flopscope.measure.allocation import most_allocated
from flopscope.measure.clock import clock_of, timed
from flopscope.measure.hardware import device_name, named_device
from flopscope.measure.sampling import sample, warm_up
from flopscope.measure.surroundings import surroundings
from flopscope.measure.timing import Wanted, samples_in, unheard
from flopscope.measure.variants import threads_used
from flopscope.measurements import INTERRUPTED, Timing
from flopscope.recipe import Recipe, trained_parameters

WHOLE_STEPS = (
    "time is of whole training steps; not of modules, whose share of the backward pass hooks"
    " cannot tell"
)


def measure_steps(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    device: str,
    recipe: Recipe,
    wanted: Wanted | None = None,
) -> Timing:
    """Time training steps: forward, loss, backward, optimizer, and letting go of the gradients.

    What is trained is a copy, after a warm-up in which the optimizer makes its state. Modules are
    not timed: hooks see their forward passes alone. An interrupt ends it early, with a note.

    Args:
        model: is on the device already, in training mode.
        args: to call it with, on the device too.
        kwargs: the same, by name.
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        recipe: how it is trained.
        wanted: how well to measure, and on how many threads.

    Raises:
        UsageError: the device is of a kind that cannot be timed.
        TargetError: the model cannot be copied.
        TraceError: nothing can be trained, or the loss or the optimizer fails.
        KeyboardInterrupt: it came before a single step was measured.
        Exception: what the model raises.
    """
    wanted = wanted or Wanted()
    where = named_device(device)
    clock = clock_of(where)
    taken: list[float] = []
    notes: tuple[str, ...] = (WHOLE_STEPS,)
    allocated = None
    with undisturbed(), unheard(), threads_used(wanted.threads) as threads:
        about = surroundings(where)
        copied = disposable(getattr(model, "_orig_mod", model), args, kwargs)
        with _steps(*copied, recipe) as step:
            one_step = partial(timed, step, clock)
            try:
                warm_up(one_step, wanted.budget)
                sample(one_step, wanted.budget, taken)
                allocated = most_allocated(step, where)
            except KeyboardInterrupt:
                if not taken:
                    raise
                notes = (*notes, INTERRUPTED)
    samples = samples_in(args, kwargs)
    return Timing(
        device=str(where),
        device_name=device_name(where),
        threads=threads,
        seconds=tuple(taken),
        activation_nbytes=allocated,
        samples=None if samples is None else samples * recipe.passes,
        notes=(*about.notes, *notes),
    )


@contextmanager
def _steps(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], recipe: Recipe
) -> Iterator[Callable[[], None]]:
    """What makes a step whenever it is called; each begins and ends without gradients."""
    optimizer = recipe.optimizer_of(list(trained_parameters(model)))

    def step() -> None:
        for _ in range(recipe.passes):
            with recipe.cast():
                loss, _ = recipe.differentiated(model(*args, **kwargs))
            loss.backward()
        recipe.update(optimizer)
        optimizer.zero_grad(set_to_none=True)

    model.zero_grad(set_to_none=True)
    with (
        checkpointed(model, recipe.checkpoint),
        torch.inference_mode(mode=False),
        torch.enable_grad(),
    ):
        yield step
