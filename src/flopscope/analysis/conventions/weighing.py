"""What a counter adds for each call of a trace, and why that isn't the call's MACs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

from flopscope.costs import cost_of
from flopscope.records import Operation, Scope, Trace


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


def by_caller(trace: Trace, weighed: Sequence[Weighed]) -> dict[Scope, int]:
    """Every module's total where a call belongs to the scope that it ran in."""
    scopes = (call.scope for call in trace.calls)
    return totals(trace, scopes, weighed)


def by_first_name(trace: Trace, weighed: Sequence[Weighed]) -> dict[Scope, int]:
    """The same where a module with several names has all its calls under the first of them."""
    first = {spec.scope: spec.same_as for spec in trace.modules if spec.same_as is not None}
    scopes = (first.get(call.scope, call.scope) for call in trace.calls)
    found = totals(trace, scopes, weighed)
    return found | {scope: found[name] for scope, name in first.items()}


def totals(trace: Trace, scopes: Iterable[Scope], weighed: Sequence[Weighed]) -> dict[Scope, int]:
    """By module the figures that are within it, where each belongs to a scope."""
    own: defaultdict[Scope, int] = defaultdict(int)
    for scope, figure in zip(scopes, weighed, strict=True):
        own[scope] += figure.figure
    found: defaultdict[Scope, int] = defaultdict(int)
    for scope, figure_of_own in own.items():
        for around in _around(scope):
            found[around] += figure_of_own
    return {spec.scope: found[spec.scope] for spec in trace.modules}


def _around(scope: Scope) -> Iterator[Scope]:
    """A scope and those that it is inside of, up to the model."""
    while scope:
        yield scope
        scope = scope.rpartition(".")[0]
    yield ""


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of totalling a trace.

    Attributes:
        weigh: one figure for each call of a trace, in their order.
        unit: what the figures are: a MAC is one, or two.
        label: what its authors call the result.
        source: where its rules are written down.
        inclusive: what that makes of every module with all that is inside it.
        params: how many parameters each module of a trace counts for, in their order; None where
            they are all counted, and once.
    """

    weigh: Callable[[Trace], Iterable[Weighed]]
    unit: Unit
    label: str
    source: str
    inclusive: Callable[[Trace, Sequence[Weighed]], dict[Scope, int]] = by_caller
    params: Callable[[Trace], Iterable[Weighed]] | None = None


def macs_of(operation: Operation) -> int:
    """Multiply-accumulates of an operation."""
    return cost_of(operation)[1].macs


def is_complex(operation: Operation) -> bool:
    """Whether an operation is one on complex numbers."""
    return any(tensor.dtype.startswith("complex") for tensor in operation.tensors())


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
