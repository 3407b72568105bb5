"""What a counter adds for each call of a trace, and why that isn't the call's MACs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from flopscope.costs import cost_of
from flopscope.records import Operation, Trace


class Cause(Enum):
    """Why a counter's figure isn't the MACs, in words about what it befell: "12 × linear: ..."."""

    FUNCTION = "called as a function, which hooks on modules do not see"
    MODULE = "it has no rule for modules of this kind"
    OPERATOR = "it has no rule for this operator"
    UNUSED = "the model does not use the result, and torch.jit drops what leads there"
    EXTRA = "counted, though without multiply-accumulates"
    TRANSPOSED = "counted over output positions; a transposed convolution visits those of its input"
    GATES = "gates and biases are counted as multiply-accumulates"
    RECURRENT = "counted by other sizes than it has"
    BIAS = "the bias is counted as multiply-accumulates"
    BROADCAST = "an operand is broadcast, and counted as if it was not"
    ROUNDED = "rounded to four digits"
    COMPLEX = "of complex numbers, whose products are four real ones each"
    LAYOUT = "sizes are read for another layout than the input has"
    SHARED = "held under several names, and counted for each of them"
    FROZEN = "not trained, and so not counted"
    INSIDE = "inside a module that it takes as a whole"
    UNCALLED = "never called, and so not counted"
    VALUES = "arithmetic besides multiply-accumulates"

    @property
    def befalls_modules(self) -> bool:
        """Whether what it befell is a kind of module; else it is an operator."""
        return self in _OF_MODULES


_OF_MODULES = {Cause.MODULE, Cause.SHARED, Cause.FROZEN, Cause.INSIDE, Cause.UNCALLED}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a counter adds for one call.

    Attributes:
        figure: in the counter's unit.
        cause: why that isn't what the call's MACs come to; None where it is.
        what: what the cause befell: an operator, without its namespace, or a kind of module.
    """

    figure: int
    cause: Cause | None = None
    what: str = ""


Unit: TypeAlias = Literal["MACs", "FLOPs"]


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of totalling a trace.

    Attributes:
        weigh: one figure for each call of a trace, in their order.
        unit: what the figures are: a MAC is one, or two.
        label: what its authors call the result.
        source: where its rules are written down.
    """

    weigh: Callable[[Trace], Iterable[Weighed]]
    unit: Unit
    label: str
    source: str


def macs_of(operation: Operation) -> int:
    """Multiply-accumulates of an operation."""
    return cost_of(operation)[1].macs


def short(operation: Operation) -> str:
    """The operator's name for a reader: ``conv2d``, with its namespace where that isn't torch's."""
    return operation.op.removeprefix("aten.")


def by_operation(
    weigh: Callable[[Operation], Weighed],
) -> Callable[[Trace], Iterator[Weighed]]:
    """The rules of a counter to which a call is its operation alone, wherever it runs."""

    def weighed(trace: Trace) -> Iterator[Weighed]:
        known: dict[Operation, Weighed] = {}
        for call in trace.calls:
            if call.operation not in known:
                known[call.operation] = weigh(call.operation)
            yield known[call.operation]

    return weighed
