"""A sweep as rows: what was asked for at each point, and what came of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flopscope.analysis.formula.budget import MEMORY
from flopscope.analysis.formula.figures import PEAK, TOTALS, Figures, total_key
from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.samples import Point

Origin: TypeAlias = Literal["law", "count", "refused"]
"""Where figures are from: a law that was held against counts, a count at this very point, or there
are none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One point of one target.

    Attributes:
        target: the model.
        sizes: of the symbols.
        origin: where the figures are from.
        figures: by their names; those that are not known are missing.
        seconds: the measured median, or None.
        error: how far that may be from the true one, as a part of it, or None.
        message: what the model says where it refuses the sizes, or why it was not measured.
    """

    target: str
    sizes: Mapping[str, int]
    origin: Origin
    figures: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = None
    error: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Sweep:
    """All rows, and what a reader should know of them.

    Attributes:
        symbols: names in the order of the sizes.
        rows: target by target, each in the order of the sizes.
        notes: how counts were got, and what could not be.
    """

    symbols: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.target for row in self.rows))


FIGURES = (*TOTALS, PEAK.figure, MEMORY)
"""The figures that a row can have."""


def points_of(sizes: Mapping[str, Sequence[int]]) -> Iterator[Point]:
    """All combinations of sizes, the last symbol's changing fastest."""
    for combination in itertools.product(*sizes.values()):
        yield dict(zip(sizes, combination, strict=True))


def counted_figures(figures: Figures) -> dict[str, int]:
    """The figures of a row from those of a count."""
    keys = {name: total_key(name) for name in (*TOTALS, PEAK.figure)}
    found = {name: figures[key] for name, key in keys.items() if key in figures}
    if PEAK.figure in found:
        found[MEMORY] = found[PEAK.figure] + found["held_nbytes"]
    return found


def lawful_figures(laws: Laws, sizes: Point) -> dict[str, int]:
    """The figures of a row from laws; those that have none are missing."""
    found = {}
    for name in TOTALS:
        law = laws.polynomials.get(total_key(name))
        if law is not None:
            found[name] = int(law.at(sizes))
    if laws.peak:
        found[PEAK.figure] = int(max(moment.at(sizes) for moment in laws.peak))
        if "held_nbytes" in found:
            found[MEMORY] = found[PEAK.figure] + found["held_nbytes"]
    return found
