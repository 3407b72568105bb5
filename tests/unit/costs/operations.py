"""Operations written by hand: what a trace would hold, without torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from flopscope.costs import Cost, cost_of
from flopscope.records import Argument, Operation, TensorSpec

Outputs: TypeAlias = "TensorSpec | tuple[TensorSpec, ...]"


def spec(*shape: int, dtype: str = "float32") -> TensorSpec:
    """A contiguous tensor's spec."""
    return TensorSpec(shape, dtype)


def operation(
    op: str, outputs: Outputs, tags: Iterable[str] = (), /, **arguments: Argument
) -> Operation:
    """An operation of the ``aten`` namespace, or of another that is spelled out."""
    name = op if "." in op else f"aten.{op}"
    returned = outputs if isinstance(outputs, tuple) else (outputs,)
    return Operation(name, "default", arguments, returned, frozenset(tags))


def cost(op: str, outputs: Outputs, /, **arguments: Argument) -> Cost:
    """What a counted operation costs.

    Raises:
        LookupError: the operation is not counted.
    """
    coverage, found = cost_of(operation(op, outputs, **arguments))
    if coverage != "counted":
        raise LookupError(f"{op} is {coverage}")
    return found


def flops(op: str, outputs: Outputs, /, **arguments: Argument) -> int:
    """The FLOPs of a counted operation that has no multiply-accumulates."""
    found = cost(op, outputs, **arguments)
    assert found.macs == 0
    return found.other_flops


def nbytes(op: str, outputs: Outputs, tags: Iterable[str] = (), /, **arguments: Argument) -> int:
    """The bytes that an operation moves."""
    return cost_of(operation(op, outputs, tags, **arguments))[1].bytes_moved
