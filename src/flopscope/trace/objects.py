"""What a model returns inside objects of its own, such as a cache of keys and values."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

_LEFT_ALONE = (nn.Module, type, ModuleType, FunctionType)


def tensors_in_objects(output: Any) -> list[torch.Tensor]:
    """The tensors that are attributes of objects in an output, or of objects in those, each once.

    Tensors that are in the output themselves, or in its lists and mappings, are not among them.
    """
    seen: dict[int, Any] = {}
    return [
        tensor
        for leaf in tree_leaves(output)
        if not isinstance(leaf, torch.Tensor)
        for tensor in _attributes(leaf, seen)
    ]


def _attributes(value: Any, seen: dict[int, Any]) -> Iterator[torch.Tensor]:
    inside = getattr(value, "__dict__", None)
    if not isinstance(inside, dict) or isinstance(value, _LEFT_ALONE) or id(value) in seen:
        return
    seen[id(value)] = value
    for leaf in tree_leaves(list(inside.values())):
        if not isinstance(leaf, torch.Tensor):
            yield from _attributes(leaf, seen)
        elif id(leaf) not in seen:
            seen[id(leaf)] = leaf
            yield leaf
