"""What inputs are made for: a model of diffusers, its config, and how many are wanted."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flopscope.load.inputs import InputSpec

SIDE = 64
"""Of a latent picture where the config tells none: 512 pixels through the usual autoencoder."""

TOKENS = 77
"""Of a prompt, as CLIP's text encoder pads it."""


@dataclass(frozen=True)
class Case:
    """What inputs are made for.

    Attributes:
        model: a model of diffusers, with weights or without.
        batch: how many samples.
        seq: how many tokens the prompt has, or None for what is usual.
    """

    model: Any
    batch: int
    seq: int | None = None

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Of its forward, by name."""
        return inspect.signature(self.model.forward).parameters

    @property
    def tokens(self) -> int:
        return self.seq or TOKENS

    @cached_property
    def side(self) -> tuple[int, int]:
        """Height and width of what it takes: latents, or pixels for an autoencoder."""
        size = self.find("sample_size") or SIDE
        if isinstance(size, (list, tuple)):
            return int(size[-2]), int(size[-1])
        return int(size), int(size)

    def find(self, *names: str) -> Any:
        """The first of these fields that its config has."""
        config = self.model.config
        return next((config[name] for name in names if config.get(name) is not None), None)

    def integer(self, *names: str, default: int) -> int:
        """The same as a whole number, the last where there are several."""
        found = self.find(*names)
        found = found[-1] if isinstance(found, (list, tuple)) else found
        return found if isinstance(found, int) else default

    def is_required(self, name: str) -> bool:
        """Whether its forward can't be called without this."""
        return self.parameters[name].default is inspect.Parameter.empty

    def floats(self, *shape: int) -> InputSpec:
        """A tensor of the model's own floating-point type, to be drawn."""
        return InputSpec(shape, str(self.model.dtype).removeprefix("torch."))
