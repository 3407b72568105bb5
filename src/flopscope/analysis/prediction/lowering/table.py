"""Which kernels a device runs for an operator: a rule for each, found by name, or else by tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.layout import out_of_order_nbytes
from flopscope.costs import cost_of
from flopscope.records import Operation

Rule: TypeAlias = Callable[[Operation], Iterable[Kernel]]
R = TypeVar("R", bound=Rule)

RULES: dict[str, Rule] = {}
"""By operator, without the underscore of those that write in place."""


def lowered(*ops: str) -> Callable[[R], R]:
    """Register a function as the rule for operators, named ``"aten.linear"``."""

    def register(rule: R) -> R:
        for op in ops:
            if op in RULES:
                raise ValueError(f"{op} already has a rule: {RULES[op].__qualname__}")
            RULES[op] = rule
        return rule

    return register


def one_pass(kind: str, operation: Operation) -> Kernel:
    """A kernel that reads what it needs of its operands and writes its results, once."""
    out = operation.outputs[0]
    nbytes = cost_of(operation)[1].bytes_moved
    scattered = sum(out_of_order_nbytes(tensor, out) for tensor in operation.tensors())
    return Kernel(kind, nbytes, min(nbytes, scattered), dtype=out.dtype)


def in_one_pass(kind: str) -> Rule:
    """The rule of operators that are one such kernel."""

    def rule(operation: Operation) -> Iterator[Kernel]:
        yield one_pass(kind, operation)

    return rule
