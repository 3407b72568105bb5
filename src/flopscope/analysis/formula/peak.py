"""The peak of memory as the largest of polynomials, one for each moment that is ever it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flopscope.analysis.formula.figures import PEAK, Figures, Key
from flopscope.analysis.formula.polynomial import Polynomial
from flopscope.analysis.formula.samples import Point


def peak_of(
    laws: Mapping[Key, Polynomial], points: Sequence[tuple[Point, Figures]]
) -> tuple[Polynomial, ...]:
    """Polynomials whose largest is the peak at every point; none where there are no such.

    Args:
        laws: of the peak within each module, and perhaps of the whole.
        points: what was counted.
    """
    if PEAK in laws:
        return (laws[PEAK],)
    moments = {tuple(law.ordered()): law for key, law in laws.items() if key.figure == PEAK.figure}
    chosen: dict[tuple[object, ...], Polynomial] = {}
    for sizes, figures in points:
        if PEAK not in figures:
            return ()
        highest = [name for name, law in moments.items() if law.at(sizes) == figures[PEAK]]
        if not highest or any(law.at(sizes) > figures[PEAK] for law in moments.values()):
            return ()
        if not any(name in chosen for name in highest):
            chosen[highest[0]] = moments[highest[0]]
    return tuple(chosen.values())
