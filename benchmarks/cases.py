"""A model that a benchmark asks about, and what it is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import nn

torch.manual_seed(0)  # most inputs are made once, on import

Inputs: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]
"""Positional arguments, and keywords."""


@dataclass(frozen=True)
class Case:
    """One model, and what its forward is called with.

    The two are functions, since making either may need the library.
    """

    build: Callable[[], nn.Module]
    inputs: Callable[[nn.Module], Inputs]


def image(height: int, width: int | None = None, channels: int = 3) -> torch.Tensor:
    """One picture."""
    return torch.randn(1, channels, height, width or height)


def given(*args: Any, **kwargs: Any) -> Callable[[nn.Module], Inputs]:
    """The same inputs whatever the model."""
    return lambda _model: (args, kwargs)
