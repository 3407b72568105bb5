"""Other inputs, each tried before it is named: a hint that does not work is worse than none."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch

from flopscope.errors import FlopscopeError
from flopscope.trace.diagnosis.misfits import Misfit, NewInput, Remedy
from flopscope.trace.specs import spec_of

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

MOST_TRIALS = 24
"""So many are tried: most fail where the first did, and sooner than a whole forward pass."""

PATIENCE_SECONDS = 10.0
"""No more are begun after that: someone waits."""


def first_accepted(
    misfits: tuple[Misfit, ...],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    accepts: Callable[[tuple[Any, ...], dict[str, Any]], object],
) -> Remedy | None:
    """The likeliest change of inputs that works, or None where none of those tried does.

    Args:
        misfits: what did not fit.
        args: positional arguments of the model.
        kwargs: keyword arguments.
        accepts: calls it, and raises where it refuses.
    """
    began = time.monotonic()
    for trial, remedy in enumerate(_different(misfits, args, kwargs)):
        if trial == MOST_TRIALS or time.monotonic() - began > PATIENCE_SECONDS:
            return None
        try:
            with _unheard():
                accepts(*_changed(remedy, args, kwargs))
        except (FlopscopeError, SystemExit):
            continue
        return remedy
    return None


@contextmanager
def _unheard() -> Iterator[None]:
    """Without what a model prints, or warns of, at every call."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _different(
    misfits: tuple[Misfit, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[Remedy]:
    """The remedies of all misfits, each once."""
    named = {**{str(place): value for place, value in enumerate(args)}, **kwargs}
    inputs = {
        name: spec_of(value) for name, value in named.items() if isinstance(value, torch.Tensor)
    }
    seen = []
    for misfit in misfits:
        for remedy in misfit.remedies(inputs):
            if remedy not in seen:
                seen.append(remedy)
                yield remedy


def _changed(remedy: Remedy, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments:
    new = {name: _made(value) for name, value in remedy.items()}
    positional = tuple(new.get(str(place), value) for place, value in enumerate(args))
    return positional, {name: new.get(name, value) for name, value in kwargs.items()}


def _made(new: NewInput) -> torch.Tensor:
    """A tensor for a trace, which asks for the values of whole numbers alone."""
    dtype: torch.dtype = getattr(torch, new.spec.dtype)
    exact = not (dtype.is_floating_point or dtype.is_complex)
    return torch.zeros(new.spec.shape, dtype=dtype, device="cpu" if exact else "meta")
