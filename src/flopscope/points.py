"""A model at many sizes to the rows of a sweep: by a law where one holds, else point by point."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from flopscope.analysis.formula.derive import derive
from flopscope.analysis.formula.ends import Asked
from flopscope.analysis.formula.figures import Figures, figures_of
from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.samples import REFUSALS, Point, Samples, TooManyPointsError
from flopscope.analysis.sweep.kept import Kept
from flopscope.analysis.sweep.plan import MANY_POINTS, Parts, parts_of
from flopscope.analysis.sweep.rows import Row, counted_figures, lawful_figures, points_of
from flopscope.at_sizes import AtSizes, spaced
from flopscope.errors import InputError
from flopscope.measurements import median_error
from flopscope.records import Trace
from flopscope.running import Outcome
from flopscope.tree import Profile, profile

Measure: TypeAlias = Callable[[Point, Profile, Trace], Outcome]
"""Runs the model at a point that was just counted."""


class Points:
    """The rows of one model.

    Args:
        target: what to call it.
        at_sizes: the model.
        sizes: of each symbol.
        rebuilding: the symbols that another model is built for at each size.
        figures: those that a law must give for a point not to be counted itself.
        measure: runs the model, or None where it is only counted.
        kept: the rows that are finished, and where to keep others.

    Attributes:
        done: how many points are finished.
        notes: what a reader should know.
    """

    def __init__(
        self,
        target: str,
        at_sizes: AtSizes,
        sizes: Mapping[str, Sequence[int]],
        rebuilding: Collection[str],
        figures: Sequence[str],
        measure: Measure | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.target = target
        self.at_sizes = at_sizes
        self.sizes = sizes
        self.rebuilding = rebuilding
        self.figures = tuple(figures)
        self.measure = measure
        self.kept = kept or Kept()
        self.done = 0
        self.notes: list[str] = []

    def __len__(self) -> int:
        return math.prod(map(len, self.sizes.values()))

    def rows(self) -> Iterator[Row]:
        """A row for each point, in the order of the sizes."""
        parts = parts_of(self.sizes, self.rebuilding)
        for outer in points_of(parts.outer):
            points: list[Point] = [
                {name: {**outer, **inner}[name] for name in self.sizes}
                for inner in points_of(parts.inner)
            ]
            missing = [point for point in points if point not in self.kept]
            if len(missing) > MANY_POINTS and self.measure is None:
                self.kept.add(*self._by_law(missing, outer, parts))
            self.done += sum(point in self.kept for point in points)
            for point in missing:
                if point not in self.kept:
                    self.kept.add(self._counted(point))
                    self.done += 1
        for point in points_of(self.sizes):
            yield self.kept.row(point)

    def _by_law(self, points: Sequence[Point], outer: Point, parts: Parts) -> Iterator[Row]:
        """Rows for the points that a law gives all figures for."""
        laws = self._laws(outer, parts)
        if laws is None:
            return
        for point in points:
            inside = {name: point[name] for name in laws.symbols}
            figures = lawful_figures(laws, inside) if inside in laws else {}
            if all(figure in figures for figure in self.figures):
                yield Row(self.target, point, "law", figures)

    def _laws(self, outer: Point, parts: Parts) -> Laws | None:
        """Laws of the sizes that a law may cover, or None where they are not worth their points."""
        asked = [Asked(name, spaced(sizes)) for name, sizes in parts.inner.items()]

        def count(sizes: Point) -> Figures:
            return self.at_sizes.figures({**outer, **sizes})

        one_by_one = f"{self.target}: every point was counted, for want of a law"
        try:
            laws = derive(Samples(count, most=parts.inner_points // 2 + MANY_POINTS), asked)
        except (InputError, TooManyPointsError) as error:
            self.notes.append(f"{one_by_one}: {error.message}")
            return None
        lacking = [name for name in self.figures if name not in lawful_figures(laws, laws.base)]
        if lacking:
            self.notes.append(f"{one_by_one} of {', '.join(lacking)}")
        return laws

    def _counted(self, point: Point) -> Row:
        try:
            trace = self.at_sizes.trace(point)
        except REFUSALS as error:
            return Row(self.target, point, "refused", message=error.message)
        counted = profile(trace)
        figures = counted_figures(figures_of(counted, trace))
        if self.measure is None:
            return Row(self.target, point, "count", figures)
        outcome = self.measure(point, counted, trace)
        self.notes += [note for note in outcome.notes if note not in self.notes]
        timing = outcome.timing
        if timing is None:
            return Row(self.target, point, "count", figures, message="; ".join(outcome.notes))
        if timing.is_interrupted:
            raise KeyboardInterrupt
        spread = median_error(timing.seconds)
        return Row(self.target, point, "count", figures, timing.median_seconds, spread)
