"""What a maker of inputs is: a case to the tensors that one parameter could stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from flopscope.load.inputs import InputSpec
from flopscope.load.sources.hf.case import Case

if TYPE_CHECKING:
    import torch

Made: TypeAlias = "Sequence[InputSpec | torch.Tensor | None]"
"""Tensors that could be meant, the likeliest first; None where the parameter is left out.

Those of floats are described, to be drawn when they are needed. Integers have their values, which
a trace follows."""

Maker: TypeAlias = Callable[[Case], Made]


def embeddings_of(case: Case, width: int) -> Made:
    """A vector of some width in the place of each token."""
    return [case.floats(case.batch, case.tokens, width)]
