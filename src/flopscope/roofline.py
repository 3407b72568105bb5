"""What work costs and how long it took, against what a machine allows.

After S. Williams, A. Waterman, D. Patterson: "Roofline: An Insightful Visual Performance Model for
Multicore Architectures", Communications of the ACM 52(4), 2009. A machine that computes at most at
its peak and moves data at most at its bandwidth attains, in work of some arithmetic intensity, the
smaller of the peak and the product of intensity and bandwidth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flopscope.costs import Cost

Bound: TypeAlias = Literal["compute", "memory", "overhead"]
"""What keeps work from being done sooner: arithmetic, moving data, or starting operators."""

FAR = 2.0
"""Work that took more than so many times what the roofline says is far from it."""

MOST = 0.5
"""The share of a time from which on its calls' overhead is said to explain it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a machine allows; None where that is not known.

    Attributes:
        flops_per_second: peak rate of the arithmetic that is meant.
        bytes_per_second: peak bandwidth of its memory.
        seconds_per_call: what it takes to start one operator that does nothing.
    """

    flops_per_second: float | None = None
    bytes_per_second: float | None = None
    seconds_per_call: float | None = None

    @property
    def ridge_intensity(self) -> float | None:
        """The arithmetic intensity, in FLOP/B, from which on the peak can be attained."""
        if self.flops_per_second is None or self.bytes_per_second is None:
            return None
        return self.flops_per_second / self.bytes_per_second

    def attainable_flops_per_second(self, intensity: float) -> float | None:
        """The roofline: the smaller of the peak and intensity × bandwidth."""
        if self.flops_per_second is None or self.bytes_per_second is None:
            return None
        return min(self.flops_per_second, intensity * self.bytes_per_second)


@dataclass(frozen=True, slots=True)
class Performance:
    """Some work on some machine; whatever depends on what is not known is None.

    Attributes:
        cost: what the work is.
        limits: what the machine allows.
        seconds: how long it took, or None where it was not measured.
        calls: how many operators were started for it, or None where that is not known.
    """

    cost: Cost
    limits: Limits
    seconds: float | None = None
    calls: int | None = None

    @property
    def intensity(self) -> float | None:
        """Arithmetic intensity, in FLOP/B; None of work that moves nothing."""
        return self.cost.flops / self.cost.bytes_moved if self.cost.bytes_moved else None

    @property
    def achieved_flops_per_second(self) -> float | None:
        return self.cost.flops / self.seconds if self.seconds else None

    @property
    def achieved_bytes_per_second(self) -> float | None:
        return self.cost.bytes_moved / self.seconds if self.seconds else None

    @property
    def attainable_flops_per_second(self) -> float | None:
        """The roofline at the work's intensity."""
        if self.intensity is None:
            return self.limits.flops_per_second
        return self.limits.attainable_flops_per_second(self.intensity)

    @property
    def compute_seconds(self) -> float | None:
        """How long the arithmetic takes at peak."""
        return _seconds(self.cost.flops, self.limits.flops_per_second)

    @property
    def memory_seconds(self) -> float | None:
        """How long moving the data takes at full bandwidth."""
        return _seconds(self.cost.bytes_moved, self.limits.bytes_per_second)

    @property
    def overhead_seconds(self) -> float | None:
        """How long starting the operators takes, one after the other."""
        if self.calls is None or self.limits.seconds_per_call is None:
            return None
        return self.calls * self.limits.seconds_per_call

    @property
    def ideal_seconds(self) -> float | None:
        """The least time by the roofline: arithmetic and moving data overlap."""
        if self.compute_seconds is None or self.memory_seconds is None:
            return None
        return max(self.compute_seconds, self.memory_seconds)

    @property
    def peak_share(self) -> float | None:
        """Achieved by peak rate of arithmetic: the utilisation that is known as MFU."""
        return _share(self.compute_seconds, self.seconds)

    @property
    def roofline_share(self) -> float | None:
        """Achieved by attainable rate; of work without arithmetic, achieved by peak bandwidth.

        More than 1 where the work moves fewer bytes than its cost says, as from a cache, or the
        machine does more than its limits say.
        """
        return _share(self.ideal_seconds, self.seconds)

    @property
    def bound(self) -> Bound | None:
        """What limits the work.

        Overhead, where the time measured is far above the roofline and mostly that of the calls;
        else the longer of arithmetic and moving data. None of no work.
        """
        if self._is_mostly_overhead():
            return "overhead"
        if not self.ideal_seconds:
            return None
        return "compute" if self.compute_seconds == self.ideal_seconds else "memory"

    def _is_mostly_overhead(self) -> bool:
        return _is_mostly_overhead(self.seconds, self.ideal_seconds, self.overhead_seconds)


@dataclass(frozen=True, slots=True)
class Ideal:
    """The least time of several pieces of work, one after the other: sums over them.

    Attributes:
        seconds: of each the longer of arithmetic and moving data.
        compute_seconds: of those that arithmetic limits.
        calls: how many there are.
    """

    seconds: float = 0.0
    compute_seconds: float = 0.0
    calls: int = 0

    def __add__(self, other: Ideal) -> Ideal:
        return Ideal(
            self.seconds + other.seconds,
            self.compute_seconds + other.compute_seconds,
            self.calls + other.calls,
        )

    def bound(self, seconds: float | None, seconds_per_call: float | None) -> Bound | None:
        """What limits the work, as :attr:`Performance.bound`; by most of the time, if by both.

        Args:
            seconds: how long it took, or None where it was not measured.
            seconds_per_call: what it takes to start one operator, or None where that is unknown.
        """
        overhead = None if seconds_per_call is None else self.calls * seconds_per_call
        if _is_mostly_overhead(seconds, self.seconds, overhead):
            return "overhead"
        if not self.seconds:
            return None
        return "compute" if self.compute_seconds >= self.seconds / 2 else "memory"


def _is_mostly_overhead(
    seconds: float | None, ideal_seconds: float | None, overhead_seconds: float | None
) -> bool:
    if not seconds or ideal_seconds is None or overhead_seconds is None:
        return False
    return seconds > FAR * ideal_seconds and overhead_seconds >= MOST * seconds


def _seconds(amount: int, per_second: float | None) -> float | None:
    """How long an amount takes at a rate; nothing takes no time at an unknown rate, too."""
    if not amount:
        return 0.0
    return None if per_second is None else amount / per_second


def _share(least_seconds: float | None, seconds: float | None) -> float | None:
    return None if least_seconds is None or not seconds else least_seconds / seconds
