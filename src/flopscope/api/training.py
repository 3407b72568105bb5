"""How a model is trained, as Python says it, to a recipe."""

from __future__ import annotations

from collections.abc import Sequence

from flopscope.errors import UsageError
from flopscope.load.recipe import optimizer_named
from flopscope.recipe import Loss, MakeOptimizer, Recipe


def recipe_of(
    optimizer: str | MakeOptimizer | None,
    loss: Loss | None,
    accumulate: int,
    checkpoint: Sequence[str],
) -> Recipe | None:
    """The recipe; None where no optimizer is given, which is a forward pass alone.

    Raises:
        UsageError: there is something to say of a training step, and no optimizer.
        TargetError: there is no such optimizer.
    """
    if optimizer is None:
        if loss is not None or accumulate != 1 or checkpoint:
            raise UsageError("that is of a training step", hint='add optimizer="adamw"')
        return None
    if isinstance(optimizer, str):
        make, name = optimizer_named(optimizer), optimizer
    else:
        make, name = optimizer, getattr(optimizer, "__name__", "the optimizer")
    return Recipe(
        make,
        name,
        loss,
        "" if loss is None else getattr(loss, "__name__", "the loss"),
        accumulate,
        checkpoint=tuple(checkpoint),
    )
