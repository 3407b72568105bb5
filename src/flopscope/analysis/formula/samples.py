"""Figures at points, each asked for once, with what was refused and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flopscope.analysis.formula.figures import Figures, Key
from flopscope.errors import FlopscopeError, InputError, TargetError, TraceError

Point: TypeAlias = Mapping[str, int]
"""A size for every symbol."""

Count: TypeAlias = Callable[[Point], Figures]
"""The figures at a point. It raises one of :data:`REFUSALS` where the model does not take it."""

REFUSALS = (InputError, TargetError, TraceError)

SLOW_SECONDS = 1.5
"""Sizes beyond one that took longer are not tried."""


class TooManyPointsError(FlopscopeError):
    """More points would have to be counted than anybody waits for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What came of one point: figures, or why there are none, after so many seconds."""

    outcome: Figures | FlopscopeError
    seconds: float

    @property
    def figures(self) -> Figures | None:
        return None if isinstance(self.outcome, FlopscopeError) else self.outcome

    @property
    def refusal(self) -> FlopscopeError | None:
        return self.outcome if isinstance(self.outcome, FlopscopeError) else None

    @property
    def is_slow(self) -> bool:
        return self.seconds > SLOW_SECONDS


@dataclass
class Samples:
    """What is known of a function of sizes.

    Attributes:
        count: the function.
        most: so many points are asked for at most.
    """

    count: Count
    most: int = 1500
    _known: dict[frozenset[tuple[str, int]], Sample] = field(default_factory=dict)

    def at(self, point: Point) -> Sample:
        """What comes of a point.

        Raises:
            TooManyPointsError: it would be one too many.
        """
        key = frozenset(point.items())
        if key not in self._known:
            if len(self._known) >= self.most:
                raise TooManyPointsError(f"no law was found at {self.most} points")
            start = time.perf_counter()
            outcome: Figures | FlopscopeError
            try:
                outcome = self.count(point)
            except REFUSALS as error:
                outcome = error
            # The first one waits for what is imported on first use: that says nothing of its size.
            seconds = time.perf_counter() - start if any(self.accepted()) else 0.0
            self._known[key] = Sample(outcome, seconds)
        return self._known[key]

    def first_refusal(self) -> FlopscopeError | None:
        """Why there are no figures at the first point that was refused."""
        refusals = (sample.refusal for sample in self._known.values())
        return next((refusal for refusal in refusals if refusal is not None), None)

    def accepted(self) -> Iterator[tuple[Point, Figures]]:
        """The points that there are figures at."""
        for key, sample in self._known.items():
            if sample.figures is not None:
                yield dict(key), sample.figures


@dataclass(frozen=True, slots=True)
class Line:
    """The points along one symbol, where the others have the sizes of a base."""

    samples: Samples
    base: Point
    symbol: str

    def at(self, size: int) -> Sample:
        return self.samples.at({**self.base, self.symbol: size})

    def values(self, sizes: Iterable[int], key: Key) -> list[int] | None:
        """One figure at several sizes, or None where one of them is refused."""
        found = []
        for size in sizes:
            figures = self.at(size).figures
            if figures is None:
                return None
            found.append(figures.get(key, 0))
        return found

    def limit(self, good: int, bad: int, step: int, holds: Callable[[int], bool]) -> int:
        """The last size before ``bad`` that something holds of, as it does of ``good``.

        It is taken to hold of all sizes on one side of that.
        """
        while abs(bad - good) > step:
            middle = good + (bad - good) // (2 * step) * step
            if middle == good:  # rounded down, on the way down
                middle = good + (step if bad > good else -step)
            if holds(middle):
                good = middle
            else:
                bad = middle
        return good
