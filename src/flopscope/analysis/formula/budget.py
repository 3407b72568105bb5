"""The largest size whose cost keeps within budgets: foretold by laws, and counted to be sure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flopscope.analysis.formula.figures import OF_COSTS, PEAK, Figures, total_key
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.samples import Line
from flopscope.errors import InputError

MEMORY = "memory_nbytes"
"""All that is held at once: weights, buffers, inputs, and activations at their peak."""

BUDGETED = (*OF_COSTS, "params", MEMORY)
"""The figures that there can be a budget of."""

FARTHEST = 2**17
"""Sizes are looked for up to here, where laws hold as far as they were tried."""


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so much of a figure."""

    figure: str
    most: float


@dataclass(frozen=True, slots=True)
class Counted:
    """A size and the figures of the budgets that were counted there."""

    size: int
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """The largest size within the budgets.

    Attributes:
        symbol: that was asked for.
        budgets: what it was to keep within.
        largest: as counted; None where even the least size is too dear.
        next_larger: the next size that was looked at, as counted: it is too dear; None where there
            is none.
        refusal: what the model says to the next size, where it refuses that.
        by_law: whether laws foretold the answer; else sizes were tried.
    """

    symbol: str
    budgets: tuple[Budget, ...]
    largest: Counted | None
    next_larger: Counted | None
    refusal: str = ""
    by_law: bool = True


def largest_within(
    line: Line, lattice: Lattice, laws: Laws | None, budgets: Sequence[Budget]
) -> Answer:
    """The largest size of a symbol at which all budgets are kept.

    Cost is taken to grow with the size. The answer and the size after it are counted.

    Args:
        line: the figures along the symbol.
        lattice: the sizes to choose from.
        laws: of that line, or None where there are none of these figures.
        budgets: at least one.

    Raises:
        InputError: the model does not take the least of the sizes.
    """

    def keeps(size: int) -> bool:
        figures = line.at(size).figures
        return figures is not None and _keeps(figures, budgets)

    foretold = None if laws is None else _foretold(line, laws, lattice, budgets)
    if foretold is not None:
        largest = foretold
        following = largest + lattice.step
        if keeps(largest) and (following not in lattice or not keeps(following)):
            return _answer(line, lattice, budgets, largest, by_law=True)
    if line.at(lattice.low).figures is None:
        raise InputError(f"the model refuses {line.symbol} = {lattice.low:,}")
    largest = _by_trying(lattice, keeps)
    return _answer(line, lattice, budgets, largest, by_law=False)


def _foretold(line: Line, laws: Laws, lattice: Lattice, budgets: Sequence[Budget]) -> int | None:
    values = [_law_of(budget.figure, laws) for budget in budgets]

    def keeps(size: int) -> bool:
        sizes = {**line.base, line.symbol: size}
        return all(
            value is not None and value(sizes) <= budget.most
            for value, budget in zip(values, budgets, strict=True)
        )

    if None in values:
        return None
    return _by_trying(lattice, keeps)


def _law_of(figure: str, laws: Laws) -> Callable[[Mapping[str, int]], Fraction] | None:
    key = total_key("held_nbytes" if figure == MEMORY else figure)
    law = laws.polynomials.get(key)
    if law is None:
        return None
    if figure != MEMORY:
        return law.at
    peak = laws.peak
    if not peak:
        return None
    return lambda sizes: law.at(sizes) + max(moment.at(sizes) for moment in peak)


def _by_trying(lattice: Lattice, keeps: Callable[[int], bool]) -> int:
    """The last size that something holds of, as it does of all smaller ones; else the least."""
    good, bad = 0, 1
    if not keeps(lattice[0]):
        return lattice[0]
    while bad < len(lattice) and keeps(lattice[bad]):
        good, bad = bad, 2 * bad
    bad = min(bad, len(lattice))
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if keeps(lattice[middle]) else (good, middle)
    return lattice[good]


def _answer(
    line: Line, lattice: Lattice, budgets: Sequence[Budget], largest: int, *, by_law: bool
) -> Answer:
    here = _counted(line, largest, budgets)
    if here is None or not _within(here, budgets):
        return Answer(line.symbol, tuple(budgets), None, here, by_law=by_law)
    following = largest + lattice.step
    if following not in lattice:
        return Answer(line.symbol, tuple(budgets), here, None, by_law=by_law)
    refusal = line.at(following).refusal
    return Answer(
        line.symbol,
        tuple(budgets),
        here,
        _counted(line, following, budgets),
        refusal=refusal.message if refusal else "",
        by_law=by_law,
    )


def _counted(line: Line, size: int, budgets: Sequence[Budget]) -> Counted | None:
    figures = line.at(size).figures
    if figures is None:
        return None
    return Counted(size, {budget.figure: value_of(figures, budget.figure) for budget in budgets})


def _within(counted: Counted, budgets: Sequence[Budget]) -> bool:
    return all(counted.figures[budget.figure] <= budget.most for budget in budgets)


def _keeps(figures: Figures, budgets: Sequence[Budget]) -> bool:
    return all(value_of(figures, budget.figure) <= budget.most for budget in budgets)


def value_of(figures: Figures, figure: str) -> int:
    """A total of a model, among them the memory that is the sum of two."""
    if figure == MEMORY:
        return figures[total_key("held_nbytes")] + figures.get(PEAK, 0)
    return figures[total_key(figure)]
