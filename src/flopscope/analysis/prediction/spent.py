"""Where in a model the time of its kernels goes by, and what they wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from flopscope.analysis.prediction.prediction import Limit, Stream
from flopscope.records import Scope


@dataclass(frozen=True, slots=True)
class Spent:
    """The time of some kernels, in seconds, apart by what most of each waits for.

    Attributes:
        compute, memory, launch: of kernels that wait for arithmetic, for data, for their start.
        kernels: how many.
    """

    compute: float = 0.0
    memory: float = 0.0
    launch: float = 0.0
    kernels: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.compute + other.compute,
            self.memory + other.memory,
            self.launch + other.launch,
            self.kernels + other.kernels,
        )

    @classmethod
    def total(cls, parts: Iterable[Spent]) -> Spent:
        """All of them together."""
        return reduce(cls.__add__, parts, cls())

    @property
    def seconds(self) -> float:
        return self.compute + self.memory + self.launch

    @property
    def limit(self) -> Limit | None:
        """What most of the time waits for, or None of no time."""
        if not self.kernels:
            return None
        by_limit: Mapping[Limit, float] = {
            "compute": self.compute,
            "memory": self.memory,
            "launch": self.launch,
        }
        return max(by_limit, key=lambda limit: by_limit[limit])


def spent_by_scope(stream: Stream) -> Mapping[Scope, Spent]:
    """The time of the kernels that ran right in each module, in none of its children."""
    found: dict[Scope, Spent] = {}
    for each in stream.timed:
        one = Spent(**{each.limit: each.seconds}, kernels=1)
        scope = each.launch.scope
        found[scope] = found.get(scope, Spent()) + one
    return found
