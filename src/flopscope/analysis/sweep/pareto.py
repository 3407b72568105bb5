"""The points of a sweep that no other one beats in everything that counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flopscope.analysis.sweep.rows import Row


@dataclass(frozen=True, slots=True)
class Aim:
    """What should be small, or large.

    Attributes:
        name: of a column.
        value: of a row, or None where that is not known.
        is_more_better: whether it should be large.
    """

    name: str
    value: Callable[[Row], float | None]
    is_more_better: bool = False

    def cost(self, row: Row) -> float | None:
        """What should be small."""
        value = self.value(row)
        return None if value is None else -value if self.is_more_better else value


def front(rows: Sequence[Row], aims: Sequence[Aim]) -> list[int]:
    """The places of the rows that no other row is at least as good as in all, and better in one."""
    costs = {
        place: found
        for place, row in enumerate(rows)
        if None not in (found := tuple(aim.cost(row) for aim in aims))
    }
    return [
        place
        for place, own in costs.items()
        if not any(_beats(other, own) for other in costs.values())
    ]


def _beats(one: tuple[float | None, ...], other: tuple[float | None, ...]) -> bool:
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
