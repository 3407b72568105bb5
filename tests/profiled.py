"""What torch's profiler says of memory on a CPU: of a real training step, or of anything."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn
from torch.profiler import ProfilerActivity, profile

from flopscope.recipe import Recipe, trained_parameters


def peak_nbytes(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any], recipe: Recipe
) -> int:
    """The most bytes that a step allocates beside what was there before it: not its first one.

    Args:
        model: is trained by it.
        args: what it is called with.
        kwargs: the same, by name.
        recipe: how it is trained.
    """
    optimizer = recipe.optimizer_of(list(trained_parameters(model)))

    def step() -> None:
        for _ in range(recipe.passes):
            with recipe.cast():
                output = model(*args, **kwargs)
                loss, _ = recipe.differentiated(output)
            del output
            loss.backward()
            del loss
        recipe.update(optimizer)

    step()
    optimizer.zero_grad(set_to_none=True)
    gc.collect()
    return most_allocated(step)


def most_allocated(run: Callable[[], object]) -> int:
    """The most bytes that are allocated at once while something runs, beside what was before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        run()
    results: Any = profiled.profiler
    events = [event for event in results.kineto_results.events() if event.name() == "[memory]"]
    held = highest = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        highest = max(highest, held)
    return highest
