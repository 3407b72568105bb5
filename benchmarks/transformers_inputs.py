"""Inputs for any transformers model as flopscope makes them, with few tokens in them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from flopscope.load.inputs import Inputs
from flopscope.load.sources.hf.candidates import candidates as candidates_of
from flopscope.load.sources.hf.case import Case
from flopscope.trace import trace

TOKENS = 16
"""So few that a real run is quick."""


def candidates(model: nn.Module) -> Iterator[Inputs]:
    """What to try a model with: all the modalities that it takes, then fewer."""
    return candidates_of(Case(model, batch=1, seq=TOKENS), trace)


def repaired(inputs: Inputs, message: str) -> Iterator[Inputs]:
    """What to try instead, after what the model raised."""
    if inputs.repaired is not None:
        yield from inputs.repaired(inputs, message)
