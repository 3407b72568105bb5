"""Operations written by hand: what a trace would hold, without torch."""

from __future__ import annotations

from collections.abc import Iterable

from flopscope.costs import Cost, cost_of
from flopscope.records import Argument, Operation, TensorSpec


def spec(*shape: int, dtype: str = "float32") -> TensorSpec:
    """A contiguous tensor's spec."""
    return TensorSpec(shape, dtype)


def operation(
    op: str,
    outputs: TensorSpec | tuple[TensorSpec, ...],
    /,
    *,
    overload: str = "default",
    tags: Iterable[str] = (),
    **arguments: Argument,
) -> Operation:
    """An operation of the ``aten`` namespace, or of another that is spelled out."""
    name = op if "." in op else f"aten.{op}"
    returned = outputs if isinstance(outputs, tuple) else (outputs,)
    return Operation(name, overload, arguments, returned, frozenset(tags))


def cost(op: str, outputs: TensorSpec | tuple[TensorSpec, ...], /, **arguments: Argument) -> Cost:
    """What a counted operation costs.

    Raises:
        LookupError: the operation is not counted.
    """
    coverage, found = cost_of(operation(op, outputs, **arguments))
    if coverage != "counted":
        raise LookupError(f"{op} is {coverage}")
    return found


def macs(op: str, outputs: TensorSpec, /, **arguments: Argument) -> int:
    """The multiply-accumulates of a counted operation."""
    return cost(op, outputs, **arguments).macs


def flops(op: str, outputs: TensorSpec, /, **arguments: Argument) -> int:
    """The other FLOPs of a counted operation that has no multiply-accumulates."""
    found = cost(op, outputs, **arguments)
    assert found.macs == 0
    return found.other_flops
