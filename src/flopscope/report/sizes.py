"""How much memory a model takes: as traced, as measured, and the way torchsummary estimates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flopscope.units import format_bytes

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
    """Bytes that a forward pass or a training step holds when it holds most.

    Attributes:
        params, buffers: of the model.
        inputs: the tensors given to it.
        activations: what operators have returned and the program has not let go of; of a training
            step, gradients too.
        optimizer_state: what the optimizer keeps from step to step.
    """

    params: int
    buffers: int
    inputs: int
    activations: int
    optimizer_state: int = 0

    @property
    def total(self) -> int:
        held = self.params + self.buffers + self.inputs + self.optimizer_state
        return held + self.activations


def memory_of(report: Report) -> Memory | None:
    """What the run itself holds; None where that was not followed."""
    peak = report.profile.peak
    if peak is None:
        return None
    return Memory(
        params=report.profile.root.param_nbytes,
        buffers=report.profile.root.buffer_nbytes,
        inputs=sum(tensor.nbytes for _, tensor in report.inputs),
        activations=peak.nbytes,
        optimizer_state=report.training.step.state_nbytes if report.training else 0,
    )


def sizes_of(report: Report) -> Sizes:
    """The sizes that torchsummary prints as input, forward/backward pass and params."""
    return Sizes(
        inputs=sum(tensor.nbytes for _, tensor in report.inputs),
        activations=2 * report.profile.layer_output_nbytes,
        params=report.profile.root.param_nbytes,
    )


def memory_lines(report: Report) -> Iterator[str]:
    """What a forward pass holds at once, as the trace has it and as a card's allocator measured."""
    memory = memory_of(report)
    if memory is not None:
        yield f"{_traced(memory)}{_place(report)}"
    yield from allocated_lines(report)


def allocated_lines(report: Report) -> Iterator[str]:
    """What a card's allocator measured, if it did, against the trace."""
    memory, timing = memory_of(report), report.timing
    if timing is not None and timing.activation_nbytes is not None:
        allocated = timing.activation_nbytes
        against = ""
        if memory is not None and memory.activations:
            against = f" ({allocated / memory.activations - 1:+.1%} against the trace)"
        yield f"{format_bytes(allocated)} activations, by the allocator of {timing.device}{against}"


def _traced(memory: Memory) -> str:
    held = memory.params + memory.buffers
    return (
        f"{format_bytes(memory.total)} at most = {format_bytes(held)} params and buffers"
        f" + {format_bytes(memory.inputs)} input"
        f" + {format_bytes(memory.activations)} activations"
    )


def _place(report: Report) -> str:
    """Where it holds most."""
    peak = report.profile.peak
    return f" (in {peak.scope or 'the model itself'}, after {peak.op})" if peak else ""
