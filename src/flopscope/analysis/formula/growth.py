"""What cost grows with: the operators that win in the end, and the size at which they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.polynomial import Polynomial, total

FARTHEST = 2**40
"""A crossover beyond this is of no interest."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How a figure grows with one symbol.

    Attributes:
        symbol: that grows.
        figure: which figure.
        degree: the power that it grows with in the end.
        leading: its terms of that power.
        fastest: the operators whose figure grows so, the dearest first.
        slower: all others that have some of it, the dearest first.
        slower_degree: the power that those grow with.
        crossover: the first size from which on the fastest have more of it than the others.
        others: the sizes of the other symbols there, where these matter.
    """

    symbol: str
    figure: str
    degree: int
    leading: Polynomial
    fastest: tuple[str, ...]
    slower: tuple[str, ...]
    slower_degree: int
    crossover: int
    others: Mapping[str, int]


def growths(laws: Laws, figure: str = "macs") -> Iterator[Growth]:
    """The crossovers of a figure that lie above the least of the sizes it was looked at for."""
    operators = {
        key.name: law
        for key, law in laws.polynomials.items()
        if key.kind == "operator" and key.figure == figure and not law.is_zero
    }
    unknown = any(key.kind == "operator" and key.figure == figure for key in laws.counterexamples)
    if not operators or unknown:
        return
    for each in laws.ranges:
        degrees = {name: law.degree(each.symbol) for name, law in operators.items()}
        degree = max(degrees.values())
        fastest = {name: law for name, law in operators.items() if degrees[name] == degree}
        slower = {name: law for name, law in operators.items() if degrees[name] < degree}
        if not slower:
            continue
        ahead = total(laws.symbols, fastest.values()) - total(laws.symbols, slower.values())
        crossover = _first_positive(ahead, each.symbol, laws.base, each.low.size)
        if crossover is None:
            continue
        elsewhere = {symbol: size + each.step for symbol, size in laws.base.items()}
        depends = crossover != _first_positive(ahead, each.symbol, elsewhere, each.low.size)
        yield Growth(
            each.symbol,
            figure,
            degree,
            _leading(total(laws.symbols, fastest.values()), each.symbol),
            _dearest(fastest, laws.base),
            _dearest(slower, laws.base),
            max(degrees[name] for name in slower),
            crossover,
            {symbol: size for symbol, size in laws.base.items() if symbol != each.symbol}
            if depends
            else {},
        )


def _leading(law: Polynomial, symbol: str) -> Polynomial:
    place = law.symbols.index(symbol)
    highest = law.degree(symbol)
    terms = {powers: factor for powers, factor in law.terms.items() if powers[place] == highest}
    return Polynomial.of(law.symbols, terms)


def _dearest(laws: Mapping[str, Polynomial], sizes: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(laws, key=lambda name: -laws[name].at(sizes)))


def _first_positive(law: Polynomial, symbol: str, sizes: Mapping[str, int], low: int) -> int | None:
    """The first size above ``low`` from which on a law is positive; None where it is from there."""

    def positive(size: int) -> bool:
        return law.at({**sizes, symbol: size}) >= 0

    if positive(low):
        return None
    high = max(2 * low, 2)
    while not positive(high):
        low, high = high, 2 * high
        if high > FARTHEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if positive(middle) else (middle, high)
    return high
