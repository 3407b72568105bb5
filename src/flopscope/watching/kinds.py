"""Passes to what tells those apart that cost differently."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, nn

from flopscope.results import leaves_of

_requires_grad = attrgetter("requires_grad")


def kind_of_pass(
    module: nn.Module, parameters: tuple[nn.Parameter, ...], args: Any, kwargs: Any
) -> Hashable:
    """Equal for passes of the same shapes, in the same modes, with the same parameters frozen."""
    gradients = torch.is_grad_enabled()
    return (
        id(module),
        module.training,
        gradients,
        autocast_dtype(),
        hash(tuple(map(_requires_grad, parameters))) if gradients else None,
        tuple(_told_apart((args, kwargs))),
    )


def autocast_dtype() -> torch.dtype | None:
    """What the script casts operators to, on a card or else on the CPU; None where it does not."""
    enabled = filter(torch.is_autocast_enabled, ("cuda", "cpu"))
    return next(map(torch.get_autocast_dtype, enabled), None)


def is_differentiated(parameters: tuple[nn.Parameter, ...], args: Any, kwargs: Any) -> bool:
    """Whether autograd prepares for a backward pass."""
    return torch.is_grad_enabled() and (
        any(map(_requires_grad, parameters))
        or any(leaf.requires_grad for leaf in _opened((args, kwargs)) if isinstance(leaf, Tensor))
    )


def _told_apart(inputs: Any) -> Iterator[Hashable]:
    for leaf in _opened(inputs):
        if isinstance(leaf, Tensor):
            yield leaf.shape, leaf.dtype, leaf.requires_grad
        elif leaf is None or isinstance(leaf, (bool, int, str)):
            yield leaf
        else:  # a number between others, such as a time, makes no other cost
            yield type(leaf).__qualname__


def _opened(inputs: Any) -> Iterator[Any]:
    for leaf in leaves_of(inputs):
        if isinstance(leaf, Mapping):
            yield from _opened(dict(leaf))
        else:
            yield leaf
