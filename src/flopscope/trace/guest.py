"""Leaving a model as it was found: what a forward pass changed in it is put back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from flopscope.trace.scopes import module_paths


@contextmanager
def as_found(model: torch.nn.Module) -> Iterator[None]:
    """Undo, on the way out, whatever the modules' attributes and the random states went through.

    Attributes, and the lists, dictionaries and sets directly in them, are restored; the tensors themselves
    are not copied (a trace never writes to them).
    """
    saved = [(module, _snapshot(module.__dict__)) for _, module in module_paths(model)]
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    try:
        yield
    finally:
        for module, attributes in saved:
            _restore(module.__dict__, attributes)
        torch.set_rng_state(torch_state)
        random.setstate(python_state)


def _snapshot(attributes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Every attribute with a copy of its contents where it is a plain container."""
    return {
        name: (value, value.copy() if isinstance(value, (dict, list, set)) else None)
        for name, value in attributes.items()
    }


def _restore(attributes: dict[str, Any], saved: dict[str, tuple[Any, Any]]) -> None:
    for value, contents in saved.values():
        if isinstance(value, list):
            value[:] = contents
        elif isinstance(value, (dict, set)):
            value.clear()
            value.update(contents)
    attributes.clear()
    attributes.update({name: value for name, (value, _) in saved.items()})
