"""A pass of a model that is about to run, to what it will cost, without disturbing the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.parallel import DistributedDataParallel
from torch.utils._python_dispatch import _disable_current_modes

from flopscope import tree
from flopscope.analysis.ideal import main_dtype
from flopscope.analysis.training import training_of
from flopscope.recipe import Recipe
from flopscope.records import Trace
from flopscope.report.summary import assumption_lines
from flopscope.trace import trace, trace_step
from flopscope.tree import Profile


@dataclass(frozen=True, slots=True)
class Work:
    """What one pass costs, in FLOPs.

    Attributes:
        forward: of the forward pass.
        backward: of the backward pass, if there is one, with what it computes again.
        recomputed: of that, what was computed before.
        dtype: the type that most of it is of.
        is_complete: whether every operator has a formula.
        notes: what a reader of these figures should know.
    """

    forward: int
    backward: int = 0
    recomputed: int = 0
    dtype: str = "float32"
    is_complete: bool = True
    notes: tuple[str, ...] = ()

    @property
    def flops(self) -> int:
        """Of both passes."""
        return self.forward + self.backward


def work_of(
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    differentiated: bool,
    autocast: torch.dtype | None,
) -> Work:
    """Count a pass on shapes alone, from within whatever the script has entered.

    The model, its gradients, the random states and the caches of autocast are as they were.

    Args:
        module: on any device; one that is compiled or replicated stands for what is inside.
        args: what it is about to be called with.
        kwargs: the same, by name.
        differentiated: whether a backward pass follows. What it differentiates is the model's own
            loss, or else the sum of its outputs, whose few FLOPs stand for those of the loss.
        autocast: what operators are cast to, or None.

    Raises:
        TraceError: the model raised, or needs values.
    """
    module = unwrapped(module)
    cast = partial(_cast, autocast)
    with _apart():
        if differentiated:
            return _of_step(trace_step(_trainable(module), args, kwargs, _recipe(cast)))
        with cast():
            return _of_pass(trace(module, args, kwargs))


def unwrapped(module: nn.Module) -> nn.Module:
    """The model inside what compiles it or replicates it over processes."""
    while True:
        if isinstance(module, DistributedDataParallel):
            module = module.module
        elif hasattr(module, "_orig_mod"):
            module = module._orig_mod  # type: ignore[assignment]  # what torch.compile returns
        else:
            return module


def _of_pass(found: Trace) -> Work:
    counted = tree.profile(found)
    return Work(
        counted.root.cost.flops,
        dtype=main_dtype(found),
        is_complete=not counted.uncounted,
        notes=tuple(_notes(found, counted)),
    )


def _of_step(found: Trace) -> Work:
    counted, training = tree.profile(found), training_of(found)
    if training is None:
        raise ValueError("that is no trace of a training step")
    forward, recomputed, to_inputs, to_weights = (
        training.cost(counted.root, part).flops
        for part in ("forward", "recompute", "input_gradients", "weight_gradients")
    )
    return Work(
        forward,
        recomputed + to_inputs + to_weights,
        recomputed,
        main_dtype(found),
        not counted.uncounted,
        tuple(_notes(found, counted)),
    )


def _notes(found: Trace, counted: Profile) -> Iterator[str]:
    yield from found.notes
    if counted.uncounted:
        operators = ", ".join(f"{each.op} ×{each.calls}" for each in counted.uncounted)
        yield f"FLOPs are at least so many: no formula for {operators}"
    if found.assumptions:
        first, *others = assumption_lines(found.assumptions)
        more = f", and {len(others)} more" if others else ""
        yield f"FLOPs rest on assumed values: {first}{more}; flopscope.profile lists them"


def _recipe(cast: partial[AbstractContextManager[Any]]) -> Recipe:
    """One whose optimizer is not looked at: it is counted by itself."""
    return Recipe(partial(torch.optim.SGD, lr=0.1), "sgd", cast=cast)


class _Frozen(nn.Module):
    """A module without parameters to train, such as a loss: its inputs alone get gradients."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.unused = nn.Parameter(torch.empty(0))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.inner(*args, **kwargs)


def _trainable(module: nn.Module) -> nn.Module:
    if any(parameter.requires_grad for parameter in module.parameters()):
        return module
    return _Frozen(module)


@contextmanager
def _apart() -> Iterator[None]:
    """Outside of the autocast, the modes and the hooks that the script is in."""
    with ExitStack() as stack:
        stack.enter_context(_disable_current_modes())
        # What a checkpoint around the pass, or an offload, does with what autograd keeps.
        stack.enter_context(saved_tensors_hooks(_as_it_is, _as_it_is))
        for kind in ("cpu", "cuda"):
            # A weight that is cast here must not be the one that the real pass finds in the cache.
            stack.enter_context(torch.autocast(kind, enabled=False, cache_enabled=False))
        yield


def _as_it_is(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def _cast(dtype: torch.dtype | None) -> AbstractContextManager[Any]:
    """As the script casts, on the CPU that all tensors of a trace claim to be on."""
    return nullcontext() if dtype is None else torch.autocast("cpu", dtype, cache_enabled=False)
