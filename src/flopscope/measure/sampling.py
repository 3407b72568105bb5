"""Forward passes timed one by one, until it is known well enough how long one takes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.measurements import median_error

OnePass: TypeAlias = Callable[[], float]
"""Runs the model once and returns its seconds, from an idle device to an idle device."""

STEADY = 0.9
"""A pass that takes less than this part of the one before it is still getting faster."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to measure.

    Attributes:
        least_seconds: of passes and what is between them, and no less: caches, clocks and
            schedulers change over time.
        most_seconds: of the same, unless ``least_runs`` passes take longer.
        precision: stop between the two once the median is known to this part of itself, at 95%
            confidence.
        least_runs: however long they take.
        most_runs: a median over more runs of a tiny model says nothing new.
    """

    least_seconds: float = 0.5
    most_seconds: float = 3.0
    precision: float = 0.01
    least_runs: int = 3
    most_runs: int = 1000


def warm_up(one_pass: OnePass, budget: Budget) -> int:
    """Run until a pass is hardly faster than the one before it: how many passes that took.

    At least one, and for about half of the time that measuring may take.
    """
    previous, spent, passes = math.inf, 0.0, 0
    while True:
        taken = one_pass()
        passes += 1
        spent += taken
        if taken > STEADY * previous or spent > budget.most_seconds / 2:
            return passes
        previous = taken


def sample(one_pass: OnePass, budget: Budget, taken: list[float]) -> None:
    """Add the seconds of passes to a list, until the budget is spent or the median is known.

    The list has what was measured so far when something interrupts.
    """
    start = time.perf_counter()
    while not _is_enough(taken, time.perf_counter() - start, budget):
        taken.append(one_pass())


def _is_enough(taken: list[float], spent: float, budget: Budget) -> bool:
    if len(taken) < budget.least_runs:
        return False
    if len(taken) >= budget.most_runs or spent >= budget.most_seconds:
        return True
    error = median_error(taken)
    return spent >= budget.least_seconds and error is not None and error <= budget.precision
