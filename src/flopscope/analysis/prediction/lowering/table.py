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

Torch: TypeAlias = tuple[int, int]
"""A version of PyTorch: ``(2, 13)``."""

NEWEST: Torch = (99, 0)
"""Later than any: rules that no version has replaced yet are for it."""

RULES: dict[str, Rule] = {}
"""By operator, without the underscore of those that write in place."""

EARLIER_RULES: dict[str, tuple[Torch, Rule]] = {}
"""Where PyTorch ran other kernels before a version: that, and their rule."""


def lowered(*ops: str, before: Torch | None = None) -> Callable[[R], R]:
    """Register a function as the rule for operators, named ``"aten.linear"``.

    Args:
        ops: the operators.
        before: the version that first ran other kernels, where the rule is for earlier ones.
    """

    def register(rule: R) -> R:
        for op in ops:
            if before is not None:
                _register_earlier(op, before, rule)
                continue
            if op in RULES:
                raise ValueError(f"{op} already has a rule: {RULES[op].__qualname__}")
            RULES[op] = rule
        return rule

    return register


def _register_earlier(op: str, before: Torch, rule: Rule) -> None:
    if op in EARLIER_RULES:
        (major, minor), known = EARLIER_RULES[op]
        raise ValueError(f"{op} already has a rule before {major}.{minor}: {known.__qualname__}")
    EARLIER_RULES[op] = before, rule


def rule_for(op: str, torch: Torch) -> Rule | None:
    """The rule for an operator in a version of PyTorch, or None."""
    before, earlier = EARLIER_RULES.get(op, ((0, 0), None))
    return earlier if earlier is not None and torch < before else RULES.get(op)


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
