"""Inputs that a model takes, found by trying, as a hint: as options, or in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from flopscope.errors import TraceError
from flopscope.load.inputs import Inputs, InputSpec
from flopscope.planning import Plan
from flopscope.profiling import Subject, traced
from flopscope.request import GivenInputs
from flopscope.trace.diagnosis import NewInput, RefusedError, Remedy, first_accepted
from flopscope.trace.specs import dtype_name

LONGEST_HINT = 160
"""Characters of options that are still read."""


def advised(
    error: TraceError,
    subject: Subject,
    plan: Plan,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    worded: Callable[[Remedy], str],
) -> TraceError:
    """The error with a hint at inputs that the model takes, where some are found.

    Args:
        error: what was raised.
        subject: the model.
        plan: how it was to be run.
        args: the positional inputs that it refused.
        kwargs: the keyword inputs.
        worded: the hint for other inputs.
    """
    if not isinstance(error, RefusedError):
        return error

    def accepts(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
        return traced(subject, plan, args, kwargs)

    remedy = first_accepted(error.misfits, args, kwargs, accepts)
    if remedy is None:
        return error
    hint = worded(remedy)
    return RefusedError(error.message, f"{error.hint}: {hint}" if error.hint else hint)


def in_words(remedy: Remedy) -> str:
    """``"it takes an input of 1×3×224×224 float32"``."""
    return "it takes " + " and ".join(
        f"{'an input' if name.isdecimal() else name} of {_described(new)}"
        for name, new in remedy.items()
    )


def _described(new: NewInput) -> str:
    shape = "×".join(map(str, new.spec.shape)) or "a scalar"
    numbers = "" if new.below is None else f" with numbers from 0 to {new.below - 1}"
    return f"{shape} {new.spec.dtype}{numbers}"


def as_options(remedy: Remedy, given: GivenInputs, inputs: Inputs) -> str:
    """``"try --shape 1,3,224,224"``: what to write in the place of what was given, or known."""
    if given.structures or given.function:
        return in_words(remedy)
    named = {**{str(place): value for place, value in enumerate(inputs.args)}, **inputs.kwargs}
    specs = {name: _spec(value) for name, value in named.items() if _is_tensor(value)}
    number = _one_number(remedy, specs, given)
    if number:
        return f"try {number}"
    usual = given.dtype or "float32"
    options = [_option(name, remedy.get(name), spec, usual) for name, spec in specs.items()]
    whole = f"try {' '.join(options)}"
    if len(whole) <= LONGEST_HINT:
        return whole
    changed = (_option(name, new, specs[name], usual) for name, new in remedy.items())
    return f"try {' '.join(changed)}"


def _option(name: str, new: NewInput | None, spec: InputSpec, usual: str) -> str:
    shape, dtype = spec.shape, spec.dtype
    low, high = spec.low, spec.high
    if new is not None:
        low, high = (low, high) if new.spec.dtype == dtype else (None, None)
        shape, dtype = new.spec.shape, new.spec.dtype
        if new.below is not None:
            low, high = 0, new.below
    label = "" if name.isdecimal() else f"{name}:"
    kind = "" if dtype == usual else f":{dtype}"
    bounds = "" if low is None else f"@{low:g}..{high:g}"
    return f"--shape {label}{','.join(map(str, shape)) or '[]'}{kind}{bounds}"


def _one_number(remedy: Remedy, specs: Mapping[str, InputSpec], given: GivenInputs) -> str:
    """The number of tokens or of samples to ask for, where that is all that has to change."""
    changes = set()
    for name, new in remedy.items():
        if new.below is not None or new.spec.dtype != specs[name].dtype:
            return ""
        changes |= set(_changes(specs[name].shape, new.spec.shape))
    if len({(before, after) for _, before, after in changes}) != 1:
        return ""
    _, before, after = next(iter(changes))
    if given.batch == before and all(dim == 0 for dim, _, _ in changes):
        return f"--batch {after}"
    return f"--seq {after}" if given.seq == before and not given.shapes else ""


def _changes(before: tuple[int, ...], after: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Each dimension that has another size, with both; one more where there are more dimensions."""
    if len(before) != len(after):
        yield -1, 0, 0
    sizes = zip(before, after, strict=False)
    yield from ((dim, was, is_) for dim, (was, is_) in enumerate(sizes) if was != is_)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (InputSpec, torch.Tensor))


def _spec(value: Any) -> InputSpec:
    if isinstance(value, InputSpec):
        return value
    return InputSpec(tuple(value.shape), dtype_name(value.dtype))
