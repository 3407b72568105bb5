"""A trace and a machine to the least time that each module and each operator could take there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flopscope.costs import Cost, cost_of
from flopscope.machine import Machine
from flopscope.records import Operation, Scope, Trace
from flopscope.roofline import Ideal, Performance

ELEMENTWISE = "float32"
"""Whose rate stands for that of elementwise arithmetic on types that no matrices are made of."""


@dataclass(frozen=True, slots=True)
class Ideals:
    """The least times of a forward pass on a machine.

    Attributes:
        machine: whose limits they are.
        dtype: the type that most of the FLOPs are of.
        own: of the operators that ran in a module and in none of its children, by scope; None where
            the machine's rate for one of them is not known.
        operators: of all calls of an operator, by its name; None as above.
    """

    machine: Machine
    dtype: str
    own: Mapping[Scope, Ideal | None] = field(default_factory=dict)
    operators: Mapping[str, Ideal | None] = field(default_factory=dict)

    @property
    def peak_flops_per_second(self) -> float | None:
        """The machine's rate for the type that most of the work is of."""
        return self.machine.flops_per_second.get(self.dtype)

    def of(self, scopes: Iterable[Scope]) -> Ideal | None:
        """The sum over some modules' own work, or None where one of them is unknown."""
        return _sum(self.own.get(scope, Ideal()) for scope in scopes)


def ideals(trace: Trace, machine: Machine) -> Ideals:
    """The roofline of every call, added up: each takes the longer of arithmetic and moving data.

    Arithmetic of all kinds is taken to run at the rate of matrix products of its type, and data at
    the bandwidth for as many bytes as the call moves.
    """
    own: dict[Scope, list[Ideal | None]] = defaultdict(list)
    operators: dict[str, list[Ideal | None]] = defaultdict(list)
    known: dict[Operation, tuple[Cost, Ideal | None]] = {}
    for call in trace.calls:
        operation = call.operation
        if operation not in known:
            cost = cost_of(operation)[1]
            known[operation] = cost, _ideal(operation, cost, machine)
        cost, ideal = known[operation]
        own[call.scope].append(ideal)
        operators[operation.op].append(ideal)
    return Ideals(
        machine,
        main_dtype(trace),
        {scope: _sum(each) for scope, each in own.items()},
        {op: _sum(each) for op, each in operators.items()},
    )


def main_dtype(trace: Trace) -> str:
    """The type that most of a trace's FLOPs are of."""
    known: dict[Operation, int] = {}
    flops: dict[str, int] = defaultdict(int)
    for call in trace.calls:
        operation = call.operation
        if operation not in known:
            known[operation] = cost_of(operation)[1].flops
        flops[dtype_of(operation)] += known[operation]
    return max(flops, key=lambda dtype: flops[dtype], default=ELEMENTWISE)


def dtype_of(operation: Operation) -> str:
    """The type that an operator computes in: that of its first operand, or else of its result."""
    tensors = (*operation.tensors(), *operation.outputs)
    return next((tensor.dtype for tensor in tensors), "float32")


def _ideal(operation: Operation, cost: Cost, machine: Machine) -> Ideal | None:
    if not cost.flops and not cost.bytes_moved:
        return Ideal()
    dtype = dtype_of(operation)
    if not cost.macs and dtype not in machine.flops_per_second:
        dtype = ELEMENTWISE
    work = Performance(cost, machine.limits(dtype, _touched(operation, cost)))
    if work.ideal_seconds is None:
        return None
    is_compute_bound = work.bound == "compute"
    return Ideal(work.ideal_seconds, work.ideal_seconds if is_compute_bound else 0.0, calls=1)


def _touched(operation: Operation, cost: Cost) -> int:
    """Bytes of memory that a call works on: what it writes in place was read there, too."""
    if "inplace" not in operation.tags:
        return cost.bytes_moved
    return cost.bytes_moved - sum(output.nbytes for output in operation.outputs)


def _sum(ideals: Iterable[Ideal | None]) -> Ideal | None:
    total = Ideal()
    for ideal in ideals:
        if ideal is None:
            return None
        total += ideal
    return total
