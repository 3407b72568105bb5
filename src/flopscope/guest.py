"""Running somebody's model while leaving it, its inputs and the random state as they were found."""

from __future__ import annotations

import copy
import operator
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, ModuleType, NoneType
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from flopscope.errors import TargetError
from flopscope.naming import module_paths


def disposable(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    shared: Iterable[nn.Parameter] = (),
) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any]]:
    """A copy of a model and of its inputs, to be run, changed and thrown away.

    Args:
        model: is not touched; its hooks are copied with it.
        args: what it will be called with.
        kwargs: the same, by name.
        shared: parameters that the copy holds too instead of a copy of them, to save memory.

    Raises:
        TargetError: something in the model cannot be copied.
    """
    memo: dict[int, Any] = {id(parameter): parameter for parameter in shared}
    # deepcopy refuses tensors that autograd computed, such as the weight that weight_norm leaves.
    for tensor in _computed_tensors(model, args, kwargs):
        memo[id(tensor)] = tensor.detach().clone()
    try:
        return copy.deepcopy((model, args, dict(kwargs)), memo)
    except Exception as error:  # deepcopy runs methods of the user's classes
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise TargetError(
            f"the model cannot be copied ({reason})",
            hint="only copies are run, so that the model stays as it is: copy.deepcopy must work",
        ) from error


def _computed_tensors(
    model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[torch.Tensor]:
    values = tree_leaves((args, dict(kwargs)))
    for module in model.modules():
        values += vars(module).values()
    for value in values:
        if isinstance(value, torch.Tensor) and not value.is_leaf:
            yield value


@contextmanager
def undisturbed() -> Iterator[None]:
    """Compute no gradients, and put the random generators back: Python's, numpy's and torch's."""
    python_state = random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy else None
    on_cuda = torch.cuda.is_initialized()
    cards = range(torch.cuda.device_count()) if on_cuda else ()
    with torch.no_grad(), torch.random.fork_rng(devices=cards):
        try:
            yield
        finally:
            random.setstate(python_state)
            if numpy:
                numpy.random.set_state(numpy_state)


@contextmanager
def as_found(model: nn.Module) -> Iterator[None]:
    """Undo, on the way out, whatever the modules' attributes and the random states went through.

    So are the lists, dictionaries, sets and plain objects that are reached through them. The
    tensors themselves are not copied: a trace never writes to them.
    """
    snapshot = _Snapshot()
    for _, module in module_paths(model):
        snapshot.take(module.__dict__)
    with undisturbed():
        try:
            yield
        finally:
            snapshot.restore()


class _Snapshot:
    """Containers with copies of what is directly in them."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[Any, Any]] = {}

    def take(self, value: Any) -> None:
        """Copy a container, and those inside it; anything else has nothing to restore."""
        attributes = getattr(value, "__dict__", None)
        if isinstance(value, (dict, list, set)):
            if id(value) in self._taken:
                return
            self._taken[id(value)] = value, value.copy()
            for inner in value.values() if isinstance(value, dict) else value:
                if type(inner) not in _ATOMS:  # most are, and a model has many
                    self.take(inner)
        elif isinstance(attributes, dict) and not isinstance(value, _LEFT_ALONE):
            self.take(attributes)

    def restore(self) -> None:
        """Put the contents back, into the very same containers.

        One that holds them still is left alone: it may be of a kind that refuses to be changed.
        """
        for value, contents in self._taken.values():
            if _holds(value, contents):
                continue
            if isinstance(value, list):
                value[:] = contents
            else:
                value.clear()
                value.update(contents)


def _holds(value: Any, contents: Any) -> bool:
    """Whether the very same things are in a container as in its copy, in the same order."""
    keys = len(value) == len(contents) and all(map(operator.is_, value, contents))
    if keys and isinstance(value, dict):
        return all(map(operator.is_, value.values(), contents.values()))
    return keys


_ATOMS = frozenset({bool, int, float, str, tuple, NoneType, torch.Tensor, nn.Parameter})
"""Types with nothing in them to restore."""

_LEFT_ALONE = (nn.Module, torch.Tensor, type, ModuleType, FunctionType)
"""Objects whose attributes are not part of a model's state, or which are visited as modules."""
