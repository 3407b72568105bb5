"""Values at the points of a grid to the one polynomial that has them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

from flopscope.analysis.formula.polynomial import Exponents, Polynomial


class Grid:
    """All combinations of some sizes of each symbol, on which any values have one polynomial.

    Its degree in a symbol is less than how many sizes that symbol has.
    """

    def __init__(self, sizes: Mapping[str, Sequence[int]]) -> None:
        self.symbols = tuple(sizes)
        self.points = list(itertools.product(*sizes.values()))
        self._bases = [_basis(column) for column in sizes.values()]
        self._places = list(itertools.product(*(range(len(column)) for column in sizes.values())))

    def polynomial(self, values: Sequence[int]) -> Polynomial:
        """The polynomial with these values, one for each of the points."""
        table: dict[Exponents, Fraction] = {
            place: Fraction(value)
            for place, value in zip(self._places, values, strict=True)
            if value
        }
        for axis, basis in enumerate(self._bases):
            table = _along(table, axis, basis)
        return Polynomial.of(self.symbols, table)


def _along(
    table: Mapping[Exponents, Fraction], axis: int, basis: Sequence[Sequence[Fraction]]
) -> dict[Exponents, Fraction]:
    """A table with the places along one axis turned into powers."""
    found: dict[Exponents, Fraction] = {}
    for place, value in table.items():
        for power, factor in enumerate(basis[place[axis]]):
            if factor:
                at = (*place[:axis], power, *place[axis + 1 :])
                found[at] = found.get(at, Fraction(0)) + value * factor
    return {place: value for place, value in found.items() if value}


def _basis(sizes: Sequence[int]) -> list[list[Fraction]]:
    """Lagrange's polynomials, by their coefficients: each is 1 at one size and 0 at the others."""
    found = []
    for size in sizes:
        factors = [Fraction(1)]
        for other in sizes:
            if other != size:
                scale = Fraction(1, size - other)
                factors = [
                    scale * (before - other * here)
                    for before, here in zip(
                        [Fraction(0), *factors], [*factors, Fraction(0)], strict=True
                    )
                ]
        found.append(factors)
    return found


def degree_of(values: Sequence[int], spare: int) -> int | None:
    """The degree of the polynomial that evenly spaced values lie on, if more than it needs do.

    Args:
        values: at sizes of the same distance.
        spare: how many of the values must be foretold by the others.

    Returns:
        None where no polynomial leaves so many to spare.
    """
    for degree in range(len(values) - spare):
        values = [after - before for before, after in itertools.pairwise(values)]
        if not any(values):
            return degree
    return None
