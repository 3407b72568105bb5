"""The sizes that a symbol may have: evenly spaced, between two ends."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Lattice:
    """Sizes from ``low`` on, ``step`` apart, up to ``high`` at most."""

    low: int
    high: int
    step: int = 1

    def __contains__(self, size: object) -> bool:
        return (
            isinstance(size, int)
            and self.low <= size <= self.high
            and (size - self.low) % self.step == 0
        )

    def __len__(self) -> int:
        return max(0, (self.high - self.low) // self.step + 1)

    def __getitem__(self, place: int) -> int:
        return self.low + place * self.step

    def nearest(self, size: float) -> int:
        """The size of these that is nearest to another."""
        place = round((size - self.low) / self.step)
        return self[min(max(place, 0), len(self) - 1)]

    def floor(self, size: int) -> int:
        """The largest of these sizes that is not above another, which is no smaller than all."""
        return self[min((size - self.low) // self.step, len(self) - 1)]

    def coarser(self, times: int) -> Lattice | None:
        """The sizes of these that are so many steps apart: multiples, where there are any."""
        step = self.step * times
        first = -(-self.low // step) * step
        if first not in self:
            first = self.low
        return replace(self, low=first, step=step) if first <= self.high else None

    def within(self, low: int, high: int) -> Lattice:
        """Those of these sizes that lie between two of them."""
        return replace(self, low=low, high=high)

    def doublings(self, size: int) -> Iterator[int]:
        """Sizes near twice, four times, ... another, and last of all the highest."""
        yield from self._steps(size, 2.0)

    def halvings(self, size: int) -> Iterator[int]:
        """Sizes near a half, a quarter, ... of another, and last of all the lowest."""
        yield from self._steps(size, 0.5)

    def _steps(self, size: int, factor: float) -> Iterator[int]:
        end = self[len(self) - 1] if factor > 1 else self.low
        last, goal = size, size * factor
        while last != end and goal >= self.step / 4:
            here = self.nearest(goal)
            if here != last:
                yield here
            last, goal = here, goal * factor
        if last != end:
            yield end

    def drawn(self, draw: random.Random) -> int:
        """One of these sizes by lot, small ones as likely as large ones."""
        exponent = draw.random()
        return self.nearest(self.low * (max(self.high, self.low) / self.low) ** exponent)
