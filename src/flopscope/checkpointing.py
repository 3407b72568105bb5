"""A model whose activations are not kept in some of its modules, but computed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from flopscope.errors import TargetError
from flopscope.naming import module_paths
from flopscope.records import Scope
from flopscope.spelling import did_you_mean


@contextmanager
def checkpointed(model: nn.Module, patterns: Sequence[str]) -> Iterator[None]:
    """Have modules keep their inputs alone, with ``torch.utils.checkpoint``, until the end.

    Args:
        model: is as it was found afterwards.
        patterns: of the modules' scopes, part by part: ``"encoder.layers.*"``. A container that
            is not called itself stands for what is in it.

    Raises:
        TargetError: there is no module of a pattern.
    """
    chosen = {
        id(module): module for pattern in patterns for module in _matching(model, pattern).values()
    }
    for module in chosen.values():
        vars(module)["forward"] = _Checkpointed(module, vars(module).get("forward"))
    try:
        yield
    finally:
        for module in chosen.values():
            before = vars(module).pop("forward").own
            if before is not None:
                vars(module)["forward"] = before


def _matching(model: nn.Module, pattern: str) -> dict[Scope, nn.Module]:
    paths = module_paths(model)
    found = {scope: module for scope, module in paths if scope and _matches(scope, pattern)}
    if not found:
        scopes = [scope for scope, _ in paths if scope]
        hint = did_you_mean(pattern, scopes) or "a pattern such as 'layers.*' is of their paths"
        raise TargetError(f"the model has no module {pattern!r} to checkpoint", hint=hint)
    called: dict[Scope, nn.Module] = {}
    for scope, module in found.items():
        if type(module).forward is nn.Module.forward:
            called |= {f"{scope}.{name}": child for name, child in module.named_children()}
        else:
            called[scope] = module
    return called


def _matches(scope: Scope, pattern: str) -> bool:
    names, wanted = scope.split("."), pattern.split(".")
    return len(names) == len(wanted) and all(map(fnmatchcase, names, wanted))


class _Checkpointed:
    """A module's forward that keeps its inputs alone.

    Attributes:
        own: the forward that the module had as an attribute of its own, if it had one.
    """

    def __init__(self, module: nn.Module, own: Any) -> None:
        self.own = own
        self._module = module
        self._forward = module.forward
        self._runs_again = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._runs_again or not torch.is_grad_enabled():
            return self._forward(*args, **kwargs)
        return checkpoint(self._run, *args, use_reentrant=False, **kwargs)

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """The forward pass; in the backward pass, a call of the module, as its hooks expect."""
        if torch._C._current_autograd_node() is None:
            return self._forward(*args, **kwargs)
        self._runs_again = True
        try:
            return self._module(*args, **kwargs)
        finally:
            self._runs_again = False
