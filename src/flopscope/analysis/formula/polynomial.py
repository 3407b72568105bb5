"""Polynomials in several symbols with exact rational coefficients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Exponents: TypeAlias = tuple[int, ...]
"""Of one term: a power for each symbol, in order."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A sum of terms, each a coefficient and a power of every symbol.

    Attributes:
        symbols: in the order of the exponents.
        terms: coefficients by exponents, none of them zero.
    """

    symbols: tuple[str, ...]
    terms: Mapping[Exponents, Fraction]

    @classmethod
    def of(cls, symbols: tuple[str, ...], terms: Mapping[Exponents, Fraction | int]) -> Polynomial:
        """The polynomial of these terms, without those that are zero."""
        return cls(
            symbols, {powers: Fraction(factor) for powers, factor in terms.items() if factor}
        )

    @classmethod
    def constant(cls, symbols: tuple[str, ...], value: Fraction | int) -> Polynomial:
        return cls.of(symbols, {(0,) * len(symbols): value})

    def at(self, sizes: Mapping[str, int | Fraction]) -> Fraction:
        """Its value where every symbol has a size."""
        total = Fraction(0)
        for powers, factor in self.terms.items():
            each = zip(self.symbols, powers, strict=True)
            total += factor * math.prod(sizes[symbol] ** power for symbol, power in each if power)
        return total

    def with_size(self, symbol: str, size: int | Fraction) -> Polynomial:
        """The polynomial in the same symbols that this is where one of them has a size."""
        place = self.symbols.index(symbol)
        terms: dict[Exponents, Fraction] = {}
        for powers, factor in self.terms.items():
            rest = (*powers[:place], 0, *powers[place + 1 :])
            terms[rest] = terms.get(rest, Fraction(0)) + factor * Fraction(size) ** powers[place]
        return Polynomial.of(self.symbols, terms)

    def degree(self, symbol: str) -> int:
        """The highest power of a symbol; 0 for the zero polynomial."""
        place = self.symbols.index(symbol)
        return max((powers[place] for powers in self.terms), default=0)

    def coefficients(self, symbol: str) -> list[Polynomial]:
        """What each power of a symbol is multiplied by, from power 0 on."""
        place = self.symbols.index(symbol)
        parts: list[dict[Exponents, Fraction]] = [{} for _ in range(self.degree(symbol) + 1)]
        for powers, factor in self.terms.items():
            rest = (*powers[:place], 0, *powers[place + 1 :])
            parts[powers[place]][rest] = factor
        return [Polynomial.of(self.symbols, part) for part in parts]

    @property
    def is_zero(self) -> bool:
        return not self.terms

    @property
    def is_constant(self) -> bool:
        return all(not any(powers) for powers in self.terms)

    def __add__(self, other: Polynomial) -> Polynomial:
        terms = dict(self.terms)
        for powers, factor in other.terms.items():
            terms[powers] = terms.get(powers, Fraction(0)) + factor
        return Polynomial.of(self.symbols, terms)

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + other.scaled(-1)

    def __mul__(self, other: Polynomial) -> Polynomial:
        terms: dict[Exponents, Fraction] = {}
        for powers, factor in self.terms.items():
            for others, by in other.terms.items():
                both = tuple(map(sum, zip(powers, others, strict=True)))
                terms[both] = terms.get(both, Fraction(0)) + factor * by
        return Polynomial.of(self.symbols, terms)

    def scaled(self, by: Fraction | int) -> Polynomial:
        """The polynomial times a number."""
        return Polynomial.of(
            self.symbols, {powers: factor * by for powers, factor in self.terms.items()}
        )

    def lowered(self, by: Exponents) -> Polynomial:
        """The polynomial divided by powers of its symbols, which all of its terms have."""
        return Polynomial(
            self.symbols,
            {
                tuple(power - less for power, less in zip(powers, by, strict=True)): factor
                for powers, factor in self.terms.items()
            },
        )

    def ordered(self) -> list[tuple[Exponents, Fraction]]:
        """Its terms, the highest powers first."""
        return sorted(self.terms.items(), key=lambda term: (-sum(term[0]), [-p for p in term[0]]))


def total(symbols: tuple[str, ...], polynomials: Iterable[Polynomial]) -> Polynomial:
    """The sum of polynomials in the same symbols."""
    return sum(polynomials, Polynomial.of(symbols, {}))


def content(polynomial: Polynomial) -> Fraction:
    """The largest number that leaves coprime whole coefficients; negative where the first is."""
    factors = [factor for _, factor in polynomial.ordered()]
    if not factors:
        return Fraction(1)
    numerator = math.gcd(*(factor.numerator for factor in factors))
    denominator = math.lcm(*(factor.denominator for factor in factors))
    return Fraction(numerator, denominator) * (-1 if factors[0] < 0 else 1)
