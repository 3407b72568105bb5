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


def cost(
    op: str,
    outputs: TensorSpec | tuple[TensorSpec, ...],
    /,
    *,
    tags: Iterable[str] = (),
    **arguments: Argument,
) -> Cost:
    """What a counted operation costs.

    Raises:
        LookupError: the operation is not counted.
    """
    coverage, found = cost_of(operation(op, outputs, tags=tags, overload="default", **arguments))
    if coverage != "counted":
        raise LookupError(f"{op} is {coverage}")
    return found


def flops(
    op: str, outputs: TensorSpec, /, *, tags: Iterable[str] = (), **arguments: Argument
) -> int:
    """The FLOPs of a counted operation that has no multiply-accumulates."""
    found = cost(op, outputs, tags=tags, **arguments)
    assert found.macs == 0
    return found.other_flops
