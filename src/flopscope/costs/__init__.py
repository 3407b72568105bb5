"""An operation's cost: a formula per operator, found by name, or else by torch's own tags.

A formula is a pure function whose parameters are named after the operator's own schema arguments,
or ``out`` for its first output and ``outputs`` for all of them. It sees shapes and plain values
only.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar

from flopscope.records import Operation

Coverage: TypeAlias = Literal["counted", "free", "uncounted"]
"""``free`` moves or renames data and does no arithmetic; ``uncounted`` has no formula."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation does, as counts that add.

    Attributes:
        macs: multiply-accumulates of contractions.
        other_flops: every other arithmetic operation.
        bytes_moved: memory read and written, in bytes.
    """

    macs: int = 0
    other_flops: int = 0
    bytes_moved: int = 0

    @property
    def flops(self) -> int:
        """Floating-point operations: 2 per multiply-accumulate, and the rest."""
        return 2 * self.macs + self.other_flops

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.macs + other.macs,
            self.other_flops + other.other_flops,
            self.bytes_moved + other.bytes_moved,
        )

    @classmethod
    def total(cls, costs: Iterable[Cost]) -> Cost:
        """The sum of any number of costs."""
        macs = other_flops = bytes_moved = 0
        for cost in costs:
            macs += cost.macs
            other_flops += cost.other_flops
            bytes_moved += cost.bytes_moved
        return cls(macs, other_flops, bytes_moved)


Formula: TypeAlias = "Callable[..., Cost | None]"
Traffic: TypeAlias = Callable[..., int]
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

FORMULAS: dict[str, Formula] = {}
"""Arithmetic per operator, or None where its arguments do not tell.

A cost's ``bytes_moved`` is left at zero: see :data:`TRAFFIC`.
"""

TRAFFIC: dict[str, Traffic] = {}
"""Bytes of the operators that do not simply read every input and write every output once."""

FREE: set[str] = set()
"""Operators that move data and do no arithmetic. (Views are free without being listed.)"""

FAMILIES = (
    "attention",
    "attention_backward",
    "backward",
    "bytes_moved",
    "contraction",
    "convolution",
    "distance",
    "dropout",
    "einsum",
    "free",
    "interpolation",
    "linalg",
    "loss",
    "normalization",
    "normalization_backward",
    "optimizer",
    "pointwise",
    "pooling",
    "quantized",
    "quantized_layers",
    "recurrent",
    "recurrent_backward",
    "reduction",
    "sampling",
    "scaled",
    "scatter",
    "softmax",
    "sparse",
    "spectral",
    "transformer",
    "vision",
    "vision_backward",
)


def formula(*ops: str) -> Callable[[F], F]:
    """Register a function as the cost of operators, named ``"aten.mm"`` or ``"mylib::scan"``.

    Raises:
        ValueError: an operator already has a formula.
    """
    return _register(FORMULAS, ops)


def traffic(*ops: str) -> Callable[[F], F]:
    """Register a function as the bytes that operators move, where inputs + outputs is not it.

    Raises:
        ValueError: an operator already has a traffic rule.
    """
    return _register(TRAFFIC, ops)


def declare_free(ops: Iterable[str]) -> None:
    """Declare operators that move data without arithmetic."""
    FREE.update(ops)


def _register(table: dict[str, Any], ops: tuple[str, ...]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for op in ops:
            name = op.replace("::", ".")
            if name in table:
                raise ValueError(f"{name} already has a rule: {table[name].__qualname__}")
            table[name] = function
        return function

    return decorate


def knows(op: str, tags: frozenset[str]) -> bool:
    """Whether an operator can be costed as it is, without looking at its parts."""
    load_families()
    ruled = op in FORMULAS or op in FREE or _functional(op) in FORMULAS or _functional(op) in FREE
    return ruled or not tags.isdisjoint({"view", "pointwise", "reduction"})


def _functional(op: str) -> str:
    """The operator that does the same work out of place: ``aten.relu`` for ``aten.relu_``."""
    return op.removesuffix("_")


def _rule(table: Mapping[str, T], op: str) -> T | None:
    return table.get(op) or table.get(_functional(op))


def cost_of(operation: Operation) -> tuple[Coverage, Cost]:
    """How an operation is covered and what it costs."""
    load_families()
    coverage, arithmetic = _arithmetic(operation)
    moved = 0 if "view" in operation.tags else _bytes_moved(operation)
    return coverage, Cost(arithmetic.macs, arithmetic.other_flops, moved)


def _arithmetic(operation: Operation) -> tuple[Coverage, Cost]:
    if "view" in operation.tags or operation.op in FREE or _functional(operation.op) in FREE:
        return "free", Cost()
    if rule := _rule(FORMULAS, operation.op):
        cost = _apply(rule, operation)
        return ("uncounted", Cost()) if cost is None else ("counted", cost)
    if "pointwise" in operation.tags:
        return "counted", Cost(other_flops=sum(out.numel for out in operation.outputs))
    if "reduction" in operation.tags:
        read = next(operation.tensors(), None)
        return "counted", Cost(other_flops=read.numel if read else 0)
    return "uncounted", Cost()


def _bytes_moved(operation: Operation) -> int:
    if rule := _rule(TRAFFIC, operation.op):
        return int(_apply(rule, operation))
    given = sum(tensor.nbytes for tensor in operation.tensors())
    if "inplace" in operation.tags and "out" in operation.args:
        return given  # an out= overload: what it writes is among what it was given
    return given + sum(tensor.nbytes for tensor in operation.outputs)


def _apply(rule: Callable[..., Any], operation: Operation) -> Any:
    bound: dict[str, object] = {}
    for name in _parameters(rule):
        if name == "out":
            bound[name] = operation.outputs[0]
        elif name == "outputs":
            bound[name] = operation.outputs
        elif name in operation.args:
            bound[name] = operation.args[name]
        elif name == "input" and "self" in operation.args:  # dropout(input), but dropout_(self)
            bound[name] = operation.args["self"]
    return rule(**bound)


@cache
def _parameters(rule: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(rule).parameters)


@cache
def load_families() -> None:
    """Import every module of formulas, ours and others', so that the tables are full."""
    for family in FAMILIES:
        importlib.import_module(f"flopscope.costs.{family}")
    importlib.import_module("flopscope.costs.plugins").load()
