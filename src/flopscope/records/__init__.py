"""The waist: the plain values that cross from the torch side to the pure side.

Nothing here knows torch. Every record is frozen, made of ints, strings and tuples,
and can be written by hand in a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flopscope.records.operation import Argument, Operation, TensorSpec, integers_in, tensors_in
from flopscope.records.scope import Scope, is_within
from flopscope.records.step import Peak, Phase, Step

__all__ = [
    "Argument",
    "Assumption",
    "Call",
    "ModuleSpec",
    "Operation",
    "ParameterUse",
    "Peak",
    "Phase",
    "Scope",
    "Step",
    "Stream",
    "TensorSpec",
    "Trace",
    "integers_in",
    "is_within",
    "tensors_in",
]

Stream: TypeAlias = Literal["canonical", "training", "device:cuda"]
"""Which operators a trace holds: those the user wrote, those autograd ran, or those of a GPU."""


@dataclass(frozen=True, slots=True)
class ParameterUse:
    """A parameter of ``numel`` elements that a call was given: whole, or the part views took."""

    name: str
    numel: int
    given: TensorSpec
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One execution of an operation inside a module.

    Attributes:
        operation: what was run.
        scope: of the innermost module that was running; of a derivative, the one whose it is.
        parameters: those among its arguments, whole or as views.
        is_used: whether the model's result comes from what it returned: what is only looked at, or
            kept for later in an object that torch does not look into, is not.
        part_of: the operator without a formula that was taken apart into this and others, or "".
        learned: of every tensor among its arguments whether it is, or comes from, a parameter that
            is trained, by way of floating-point numbers and detached or not; empty where none does.
        read, written: of every tensor among its arguments and its results the number of the memory
            behind it, which it shares with its views; None where no call made or viewed it. Empty
            but in the stream of a GPU.
        phase: of the training step that it is in.
        derivative_of: the place in the trace of the call whose derivative it is a part of.
    """

    operation: Operation
    scope: Scope = ""
    parameters: tuple[ParameterUse, ...] = ()
    phase: Phase = "forward"
    derivative_of: int | None = None
    is_used: bool = True
    part_of: str = ""
    learned: tuple[bool, ...] = ()
    read: tuple[int | None, ...] = ()
    written: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """What a module is and owns itself, without its children.

    A parameter or buffer that several modules hold is owned by the first of them, so that sums over
    modules count it once.

    Attributes:
        scope: dotted path; ``""`` is the model.
        kind: class name.
        calls: how often its forward ran.
        outputs: the tensors its first call returned.
        output_nbytes: bytes of the tensors that all of its calls returned.
        peak_nbytes: most bytes alive in the whole model while an operator ran right in it.
        params, trainable_params, buffers: elements owned.
        is_lazy: whether its class was a lazy one, until an input said what its sizes are.
        held_params: elements of the parameters it holds itself, whichever module owns them.
        param_nbytes, buffer_nbytes: bytes owned.
        shared: tensors it holds that another module owns, as (own name, owner's full name).
        library: the Python module that defines its class, or "" where that isn't known.
        same_as: the first scope of the module, where this is another name of it.
    """

    scope: Scope
    kind: str
    calls: int = 0
    outputs: tuple[TensorSpec, ...] = ()
    output_nbytes: int = 0
    peak_nbytes: int = 0
    params: int = 0
    trainable_params: int = 0
    buffers: int = 0
    param_nbytes: int = 0
    buffer_nbytes: int = 0
    shared: tuple[tuple[str, str], ...] = ()
    library: str = ""
    same_as: Scope | None = None
    held_params: int = 0
    is_lazy: bool = False


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value the program asked for and a trace without values cannot know, and what was supplied.

    Attributes:
        name: which rule: ``"item"``, ``"routing"``, ``"nonzero"``.
        op: the operator that asked.
        scope: the module it ran in.
        value: what was assumed, in words.
        calls: how often.
    """

    name: str
    op: str
    scope: Scope
    value: str
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """A forward pass or a training step: the operators it ran, the modules they ran in.

    Attributes:
        modules: pre-order, the root first.
        calls: in execution order.
        inputs: the tensors given to the model, by argument name (positional ones by index).
        assumptions: values the program asked for that were supplied by a rule.
        notes: what a reader should know about how the trace was made.
        stream: which operators it holds.
        peak: the most memory that is alive at once, or None where that was not followed.
        seconds: what following it took, or None where that was not measured.
        kept: the tensors that the model returned inside objects of its own, such as a cache of keys
            and values.
        step: what a training step holds, or None of a forward pass alone.
    """

    modules: tuple[ModuleSpec, ...]
    calls: tuple[Call, ...]
    inputs: Mapping[str, TensorSpec] = field(default_factory=dict)
    assumptions: tuple[Assumption, ...] = ()
    notes: tuple[str, ...] = ()
    stream: Stream = "canonical"
    peak: Peak | None = None
    step: Step | None = None
    kept: tuple[TensorSpec, ...] = ()
    seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CachedCall:
    """One call of a model that keeps a cache between its calls.

    Attributes:
        trace: what it ran.
        cache: the tensors that the cache holds after it.
    """

    trace: Trace
    cache: tuple[TensorSpec, ...] = ()
