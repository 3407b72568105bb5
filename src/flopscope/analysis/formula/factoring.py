"""A polynomial as a product that a human reads: a number, powers of symbols, and what is left."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flopscope.analysis.formula.polynomial import Exponents, Polynomial, content


@dataclass(frozen=True, slots=True)
class Product:
    """A polynomial taken apart.

    Attributes:
        number: that everything is multiplied by.
        powers: of the symbols that all terms share.
        sums: the other factors, with coprime whole coefficients, each with how often it occurs.
    """

    symbols: tuple[str, ...]
    number: Fraction
    powers: Exponents
    sums: tuple[tuple[Polynomial, int], ...]


def factored(polynomial: Polynomial) -> Product:
    """The product that a polynomial is.

    Factors that are linear in one symbol, such as ``S + 25204``, are split off where their roots
    are rational and found by square roots; what is left is kept as one sum.
    """
    symbols = polynomial.symbols
    if polynomial.is_zero:
        return Product(symbols, Fraction(0), (0,) * len(symbols), ())
    powers = tuple(min(column) for column in zip(*polynomial.terms, strict=True))
    number = content(polynomial)
    rest = polynomial.lowered(powers).scaled(1 / number)
    sums: dict[tuple[tuple[Exponents, Fraction], ...], list[Polynomial]] = {}
    for factor in _factors(rest):
        sums.setdefault(tuple(factor.ordered()), []).append(factor)
    found = sorted(sums.values(), key=lambda alike: (len(alike[0].terms), alike[0].ordered()))
    return Product(symbols, number, powers, tuple((alike[0], len(alike)) for alike in found))


def _factors(rest: Polynomial) -> Iterator[Polynomial]:
    for symbol in rest.symbols:
        while (root := _root(rest, symbol)) is not None:
            factor = _linear(rest.symbols, symbol, root)
            yield factor
            rest = _quotient(rest, symbol, root).scaled(Fraction(1, root.denominator))
    if not rest.is_constant:
        yield rest


def _linear(symbols: tuple[str, ...], symbol: str, root: Fraction) -> Polynomial:
    """The sum with coprime whole coefficients that is zero at a root."""
    power = tuple(int(each == symbol) for each in symbols)
    constant = (0,) * len(symbols)
    return Polynomial.of(symbols, {power: root.denominator, constant: -root.numerator})


def _root(polynomial: Polynomial, symbol: str) -> Fraction | None:
    """A size of one symbol at which a polynomial is zero, whatever the others are."""
    if not polynomial.degree(symbol):
        return None
    by_power = polynomial.coefficients(symbol)
    # Such a root is one of what each term in the other symbols is multiplied by.
    powers = next(iter(by_power[-1].terms))
    single = [part.terms.get(powers, Fraction(0)) for part in by_power]
    for root in _rational_roots(single):
        if polynomial.with_size(symbol, root).is_zero:
            return root
    return None


def _rational_roots(factors: list[Fraction]) -> list[Fraction]:
    """The rational roots of a polynomial of degree 1 or 2 by its coefficients, lowest first."""
    if len(factors) == 2:
        return [-factors[0] / factors[1]]
    if len(factors) != 3:
        return []
    constant, linear, square = factors
    root = _square_root(linear * linear - 4 * square * constant)
    if root is None:
        return []
    return [(-linear + sign * root) / (2 * square) for sign in (1, -1)]


def _square_root(value: Fraction) -> Fraction | None:
    if value < 0:
        return None
    root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return root if root * root == value else None


def _quotient(polynomial: Polynomial, symbol: str, root: Fraction) -> Polynomial:
    """The polynomial divided by the symbol less a root of it: Horner's rule."""
    by_power = polynomial.coefficients(symbol)
    symbols = polynomial.symbols
    place = symbols.index(symbol)
    carried = Polynomial.of(symbols, {})
    found = Polynomial.of(symbols, {})
    for power in range(len(by_power) - 1, 0, -1):
        carried = by_power[power] + carried.scaled(root)
        raised = Polynomial.of(
            symbols, {tuple(int(at == place) * (power - 1) for at in range(len(symbols))): 1}
        )
        found = found + carried * raised
    return found
