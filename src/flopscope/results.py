"""The tensors in what a model returned."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_leaves


def tensors_of(result: Any) -> Iterator[Tensor]:
    """Those in containers that torch knows, and in dataclasses: none that another object hides."""
    for leaf in leaves_of(result):
        if isinstance(leaf, Tensor):
            yield leaf


def leaves_of(result: Any) -> Iterator[Any]:
    """What is in containers that torch knows, and in dataclasses."""
    for leaf in tree_leaves(result):
        if dataclasses.is_dataclass(leaf) and not isinstance(leaf, type):
            yield from leaves_of(vars(leaf))
        else:
            yield leaf
