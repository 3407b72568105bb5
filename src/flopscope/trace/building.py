"""Building a model without its weights: no memory for parameters, no time for initialising them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook

from flopscope.records import Operation
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.unknown import key_of, meta_tensor


@contextmanager
def building() -> Iterator[None]:
    """Modules constructed inside have their parameters on the meta device.

    Constants that a constructor computes (tables of indices, schedules) are real.
    """
    replaced: dict[int, tuple[torch.Tensor, torch.nn.Parameter]] = {}

    def without_values(_module: torch.nn.Module, _name: str, parameter: Any) -> Any:
        if type(parameter) is not torch.nn.Parameter or parameter.is_meta:
            return None
        if id(parameter) not in replaced:
            meta = torch.nn.Parameter(meta_tensor(key_of(parameter)), parameter.requires_grad)
            replaced[id(parameter)] = parameter, meta
        return replaced[id(parameter)][1]

    handle = register_module_parameter_registration_hook(without_values)
    try:
        with PartialEvaluation(_ignore, _ignore_assumption, make_unknown=meta_tensor):
            yield
    finally:
        handle.remove()


def _ignore(operation: Operation) -> None:
    """A constructor's operators are not part of the cost of a forward pass."""


def _ignore_assumption(name: str, op: str, value: str) -> None:
    """Nor are the values that its initialisers branch on."""
