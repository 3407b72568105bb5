"""What a training step is made of and holds, and where a run holds most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flopscope.records.scope import Scope

Phase: TypeAlias = Literal["forward", "recompute", "backward", "accumulate", "optimizer"]
"""Of a training step.

``recompute`` is forward work that is done again while gradients are computed, ``accumulate`` is
what adds gradients of a parameter up.
"""


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory that a forward pass holds at once, beside parameters, buffers and inputs.

    Attributes:
        nbytes: of the tensors that are alive then.
        scope: the module in which that is.
        op: the operator that has just returned.
        phase: of the training step.
    """

    nbytes: int = 0
    scope: Scope = ""
    op: str = ""
    phase: Phase = "forward"


@dataclass(frozen=True, slots=True)
class Step:
    """What a training step holds beside parameters, buffers and inputs.

    Attributes:
        optimizer: as it was asked for.
        loss: what was differentiated, in words.
        passes: forward and backward passes for one step of the optimizer.
        saved_nbytes: what the first forward pass leaves alive for its backward pass.
        saved: the same by the module that it was made in.
        gradient_nbytes: of the parameters' gradients.
        state_nbytes: what the optimizer keeps from step to step.
    """

    optimizer: str
    loss: str
    passes: int = 1
    saved_nbytes: int = 0
    saved: Mapping[Scope, int] = field(default_factory=dict)
    gradient_nbytes: int = 0
    state_nbytes: int = 0
