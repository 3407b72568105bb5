"""A logarithmic axis along a line of characters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """Powers of ten along a line of characters.

    Attributes:
        low, high: the exponents at its ends.
        cells: its length in characters.
    """

    low: int
    high: int
    cells: int

    def cell(self, value: float) -> int:
        """The character nearest to a value; none of ``range(cells)`` where it is off the axis."""
        return round((math.log10(value) - self.low) * self._cells_per_decade)

    def value(self, cell: int) -> float:
        """What a character stands for."""
        return float(10 ** (self.low + cell / self._cells_per_decade))

    def decades(self) -> dict[int, float]:
        """The powers of ten on the axis, by their characters."""
        return {self.cell(10.0**power): 10.0**power for power in range(self.low, self.high + 1)}

    @property
    def _cells_per_decade(self) -> float:
        return (self.cells - 1) / (self.high - self.low)


def axis(values: Iterable[float], cells: int) -> Axis:
    """The shortest axis of whole powers of ten that positive values lie on."""
    powers = [math.log10(value) for value in values]
    low, high = math.floor(min(powers)), math.ceil(max(powers))
    return Axis(low, max(high, low + 1), cells)
