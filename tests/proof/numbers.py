"""Numbers that count what is done with them: the ground that the cost formulas are proven on."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

Index: TypeAlias = tuple[int, ...]


class Tally:
    """How often each kind of operation was executed."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self.operations.total()

    @property
    def products(self) -> int:
        return self.operations["*"]

    @property
    def sums(self) -> int:
        return self.operations["+"]

    def number(self, value: float) -> Number:
        """A number whose operations are counted here."""
        return Number(value, self)


class Number:
    """A float whose arithmetic is entered in a tally; plain floats are constants beside it."""

    __slots__ = ("tally", "value")

    def __init__(self, value: float, tally: Tally) -> None:
        self.value = value
        self.tally = tally

    def _enter(self, operation: str, value: float) -> Number:
        self.tally.operations[operation] += 1
        return Number(value, self.tally)

    def __add__(self, other: Operand) -> Number:
        return self._enter("+", self.value + plain(other))

    def __sub__(self, other: Operand) -> Number:
        return self._enter("-", self.value - plain(other))

    def __mul__(self, other: Operand) -> Number:
        return self._enter("*", self.value * plain(other))

    def __truediv__(self, other: Operand) -> Number:
        return self._enter("/", self.value / plain(other))

    def __radd__(self, other: float) -> Number:
        return self._enter("+", other + self.value)

    def __rsub__(self, other: float) -> Number:
        return self._enter("-", other - self.value)

    def __rmul__(self, other: float) -> Number:
        return self._enter("*", other * self.value)

    def __rtruediv__(self, other: float) -> Number:
        return self._enter("/", other / self.value)

    def __neg__(self) -> Number:
        return self._enter("neg", -self.value)

    def __gt__(self, other: Operand) -> bool:
        self.tally.operations[">"] += 1
        return self.value > plain(other)

    def __lt__(self, other: Operand) -> bool:
        self.tally.operations["<"] += 1
        return self.value < plain(other)

    def maximum(self, other: Operand) -> Number:
        return self._enter("max", max(self.value, plain(other)))

    def minimum(self, other: Operand) -> Number:
        return self._enter("min", min(self.value, plain(other)))

    def apply(self, function: Callable[[float], float]) -> Number:
        """One call of a function of a mathematical library."""
        return self._enter(function.__name__, function(self.value))

    def exp(self) -> Number:
        return self.apply(math.exp)

    def log(self) -> Number:
        return self.apply(math.log)

    def sqrt(self) -> Number:
        return self.apply(math.sqrt)

    def tanh(self) -> Number:
        return self.apply(math.tanh)

    def erf(self) -> Number:
        return self.apply(math.erf)

    def rsqrt(self) -> Number:
        return self.apply(rsqrt)

    def sigmoid(self) -> Number:
        """``1 / (1 + exp(-x))``, four operations."""
        return 1.0 / (1.0 + (-self).exp())


Operand: TypeAlias = Number | float
Array: TypeAlias = Mapping[Index, Number]
"""Numbers by their index."""


def plain(operand: Operand) -> float:
    return operand.value if isinstance(operand, Number) else operand


def rsqrt(value: float) -> float:
    return 1 / math.sqrt(value)


def indices(*sizes: int) -> Iterator[Index]:
    """Every index of a shape, the last dimension fastest."""
    return itertools.product(*map(range, sizes))


def array(shape: Sequence[int], values: Sequence[float], tally: Tally) -> dict[Index, Number]:
    """Numbers of this shape from their values in row-major order."""
    return {
        index: tally.number(value) for index, value in zip(indices(*shape), values, strict=True)
    }


def dot(left: Sequence[Number], right: Sequence[Number], tally: Tally) -> Number:
    """A product and a sum per term, starting from zero."""
    total = tally.number(0.0)
    for a, b in zip(left, right, strict=True):
        total = total + a * b
    return total


def total_of(terms: Sequence[Number], tally: Tally) -> Number:
    """A sum per term, starting from zero."""
    total = tally.number(0.0)
    for term in terms:
        total = total + term
    return total


def largest_of(terms: Sequence[Number], tally: Tally) -> Number:
    """A comparison per term, starting from minus infinity."""
    largest = tally.number(-math.inf)
    for term in terms:
        largest = largest.maximum(term)
    return largest
