"""How much memory a model takes, estimated the way torchsummary does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flopscope.report import Report


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of what a training step keeps.

    Attributes:
        inputs: the tensors given to the model.
        activations: what its layers return, and as much again for the gradients of that.
        params: the parameters.
    """

    inputs: int
    activations: int
    params: int

    @property
    def total(self) -> int:
        return self.inputs + self.activations + self.params


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a forward pass holds when it holds most.

    Attributes:
        params, buffers: of the model.
        inputs: the tensors given to it.
        activations: what operators have returned and the program has not let go of.
    """

    params: int
    buffers: int
    inputs: int
    activations: int

    @property
    def total(self) -> int:
        return self.params + self.buffers + self.inputs + self.activations


def memory_of(report: Report) -> Memory | None:
    """The memory of the forward pass itself; None where it was not followed."""
    peak = report.profile.peak
    if peak is None:
        return None
    return Memory(
        params=report.profile.root.param_nbytes,
        buffers=report.profile.root.buffer_nbytes,
        inputs=sum(tensor.nbytes for _, tensor in report.inputs),
        activations=peak.nbytes,
    )


def sizes_of(report: Report) -> Sizes:
    """The sizes that torchsummary prints as input, forward/backward pass and params."""
    return Sizes(
        inputs=sum(tensor.nbytes for _, tensor in report.inputs),
        activations=2 * report.profile.layer_output_nbytes,
        params=report.profile.root.param_nbytes,
    )
