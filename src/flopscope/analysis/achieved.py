"""What steps of a run cost and how long they took, to the rates that were achieved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Steps: TypeAlias = Literal["training", "passes", "inference"]
"""What a step is: one of the optimizer, a pass of training without one, a pass of inference."""


@dataclass(frozen=True, slots=True)
class Achieved:
    """Some steps of a run; whatever depends on what is not known is None.

    Attributes:
        model: what it is called.
        kind: what a step is.
        step: how many there were, from the beginning.
        steps: of these, since the last time, how many the figures are of: those that nothing
            interrupted.
        seconds: what they took, or None where no time can be told.
        flops: what they did, or None where they could not be counted.
        recomputed_flops: of these, what was done a second time.
        is_complete: whether every operator has a formula; otherwise FLOPs are at least so many.
        params: elements of the model's parameters.
        dtype: the type that most of the FLOPs are of.
        peak_flops_per_second: what the device does at most on that type.
        peak_source: who says so.
        memory_nbytes: the most that has been held so far.
        memory_kind: what held it.
    """

    model: str
    kind: Steps
    step: int
    steps: int
    seconds: float | None
    flops: int | None
    params: int
    recomputed_flops: int = 0
    is_complete: bool = True
    dtype: str = ""
    peak_flops_per_second: float | None = None
    peak_source: str = ""
    memory_nbytes: int | None = None
    memory_kind: str = ""

    @property
    def seconds_per_step(self) -> float | None:
        return self.seconds / self.steps if self.seconds and self.steps else None

    @property
    def flops_per_step(self) -> float | None:
        return None if self.flops is None or not self.steps else self.flops / self.steps

    @property
    def flops_per_second(self) -> float | None:
        """What was achieved, work that was done a second time included."""
        return None if self.flops is None or not self.seconds else self.flops / self.seconds

    @property
    def mfu(self) -> float | None:
        """Model FLOPs utilisation, from 0 to 1: what is done a second time counts once."""
        if self.flops is None or not self.seconds or not self.peak_flops_per_second:
            return None
        return (self.flops - self.recomputed_flops) / self.seconds / self.peak_flops_per_second

    def metrics(self) -> Mapping[str, float]:
        """The figures that are known, by the names that they are logged under."""
        figures = {
            "seconds_per_step": self.seconds_per_step,
            "flops_per_step": self.flops_per_step,
            "flops_per_second": self.flops_per_second,
            "mfu": self.mfu,
        }
        return {name: figure for name, figure in figures.items() if figure is not None}
