"""What inputs are made for: a model of transformers, its config, and how many are wanted."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flopscope.load.inputs import InputSpec

if TYPE_CHECKING:
    import torch

TOKENS = 128
"""How many there are where nothing is said."""

LONGEST = ("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length")
"""What configs call the number of tokens that there are positions for."""


@dataclass(frozen=True)
class Config:
    """A config and those inside it, searched by attribute."""

    plain: Any

    def all(self) -> Iterator[Any]:
        """This config, then those of its parts."""
        yield from parts(self.plain)

    def find(self, *names: str, default: Any = None) -> Any:
        """The first of these attributes that this config has, or else one inside it."""
        for config in self.all():
            for name in names:
                value = vars(config).get(name)
                if value is not None:
                    return value
        return default

    def integer(self, *names: str, default: int) -> int:
        """The same where it is a whole number, else the default."""
        value = self.find(*names)
        return value if isinstance(value, int) else default

    def inside(self, *words: str) -> Config:
        """The part whose name has one of these words in it, or else this config."""
        for word in words:
            for name, value in _parts_by_name(self.plain):
                if word in name:
                    return Config(value)
        for _, value in _parts_by_name(self.plain):
            if Config(value).has_part(*words):
                return Config(value).inside(*words)
        return self

    def has_part(self, *words: str) -> bool:
        """Whether a part's name has one of these words in it."""
        return any(word in name for name, _ in _parts_by_name(self.plain) for word in words)


def parts(config: Any) -> Iterator[Any]:
    """A config and every config inside it."""
    yield config
    for _, value in _parts_by_name(config):
        yield from parts(value)


def _parts_by_name(config: Any) -> Iterator[tuple[str, Any]]:
    for name, value in vars(config).items():
        if is_config(value):
            yield name, value


def is_config(value: Any) -> bool:
    """Whether something is a config of transformers."""
    return hasattr(value, "model_type") and hasattr(value, "to_diff_dict")


@dataclass(frozen=True)
class Case:
    """What inputs are made for.

    Attributes:
        model: a model of transformers, with weights or without.
        batch: how many samples.
        seq: how many tokens in each, or None for what is usual.
    """

    model: Any
    batch: int
    seq: int | None = None

    @cached_property
    def config(self) -> Config:
        return Config(self.model.config)

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Of its forward, by name."""
        return inspect.signature(self.model.forward).parameters

    def has(self, *names: str) -> bool:
        """Whether its forward takes one of these."""
        return any(name in self.parameters for name in names)

    @property
    def vision(self) -> Config:
        return self.config.inside("vision", "image", "backbone", "visual")

    @property
    def audio(self) -> Config:
        return self.config.inside("audio", "speech", "sound", "acoustic")

    @property
    def text(self) -> Config:
        return self.config.inside("text", "decoder", "language", "llm")

    @property
    def main(self) -> list[str]:
        """The inputs that the model itself calls its main ones."""
        name = self.model.main_input_name
        return list(name) if isinstance(name, (list, tuple)) else [str(name)]

    @cached_property
    def tokens(self) -> int:
        """How many in a sample: as many as asked for, else 128 or as many as have a position."""
        if self.seq is not None:
            return self.seq
        longest = self.text.integer(*LONGEST, default=TOKENS)
        return min(TOKENS, longest) if longest > 0 else TOKENS

    def floats(self, *shape: int, **limits: float) -> InputSpec:
        """A tensor of the model's own floating-point type, to be drawn."""
        return InputSpec(shape, str(self.model.dtype).removeprefix("torch."), **limits)

    def ones(self, *shape: int) -> torch.Tensor:
        """A mask of integers that leaves nothing out."""
        import torch

        return torch.ones(*shape, dtype=torch.long)
