"""What running a model for real says of it: plain values, as frozen as the records of a trace."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from flopscope.records import Scope, is_within

INTERRUPTED = "measuring was interrupted: this is what had been measured"
"""The note of a timing that somebody ended early."""

COMPILED, CUDA_GRAPH = "compiled", "CUDA graph"
"""Names of variants."""

CONFIDENCE_95 = 1.96
"""Standard deviations of a normal distribution within which 95% lie."""


def median_error(seconds: Sequence[float]) -> float | None:
    """How far the median of some runs may be from the true one: a part of it, at 95% confidence.

    From the order statistics around the median, which needs no assumption about how run times are
    distributed (Conover, Practical Nonparametric Statistics, section 3.2). None of so few runs
    that they can't tell.
    """
    runs, ordered = len(seconds), sorted(seconds)
    reach = CONFIDENCE_95 * math.sqrt(runs) / 2
    lowest, highest = math.floor(runs / 2 - reach), math.ceil(runs / 2 + reach)
    middle = statistics.median(ordered) if ordered else 0
    if lowest < 1 or highest > runs or not middle:
        return None
    return (ordered[highest - 1] - ordered[lowest - 1]) / 2 / middle


@dataclass(frozen=True, slots=True)
class Variant:
    """The same model run in another way, such as compiled.

    Attributes:
        name: how: :data:`COMPILED` or :data:`CUDA_GRAPH`.
        seconds: one entry per whole forward pass, after warm-up.
        preparation_seconds: of what is done once, such as compiling.
    """

    name: str
    seconds: tuple[float, ...]
    preparation_seconds: float

    @property
    def median_seconds(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Timing:
    """Measured wall-clock time of real forward passes.

    Attributes:
        device: where it ran: ``"cpu"``, ``"cuda:0"``.
        device_name: what that is: the processor's or the card's own name.
        threads: torch's intra-op threads (CPU).
        seconds: one entry per whole forward pass, hooks off, after warm-up.
        module_seconds: median inclusive seconds per scope over its runs with hooks on.
        operator_seconds: median seconds of all calls of an operator in a run that times each.
        activation_nbytes: the most that a whole forward pass, hooks off, allocated at once; None
            where the device's allocator doesn't tell (CPU), and of a part of a model.
        samples: how many inputs a forward pass takes at once, or None where that can't be told.
        variants: other ways to run it.
        notes: what a reader should know: that the machine was busy, how its clock ran.
    """

    device: str
    device_name: str
    threads: int
    seconds: tuple[float, ...]
    module_seconds: Mapping[Scope, float] = field(default_factory=dict)
    operator_seconds: Mapping[str, float] = field(default_factory=dict)
    activation_nbytes: int | None = None
    samples: int | None = None
    variants: tuple[Variant, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody ended it early."""
        return INTERRUPTED in self.notes

    @property
    def median_seconds(self) -> float:
        """The time that half of the forward passes stayed under."""
        return statistics.median(self.seconds)

    @property
    def median_error(self) -> float | None:
        """See :func:`median_error`."""
        return median_error(self.seconds)

    @property
    def p95_seconds(self) -> float | None:
        """The time that 95 of 100 forward passes stayed under; None of fewer than 20 runs."""
        if len(self.seconds) < 20:
            return None
        return statistics.quantiles(self.seconds, n=20, method="inclusive")[-1]

    @property
    def samples_per_second(self) -> float | None:
        """None also of passes without work, which take a card no time that its events can tell."""
        if self.samples is None or not self.median_seconds:
            return None
        return self.samples / self.median_seconds

    @property
    def overhead_seconds(self) -> float | None:
        """What watching the modules adds to a forward pass; None where they were not watched."""
        watched = self.module_seconds.get("")
        return None if watched is None else watched - self.median_seconds

    @property
    def iqr_seconds(self) -> float | None:
        """The spread of the middle half of the passes, third quartile less first; None of one."""
        if len(self.seconds) == 1:
            return None
        first, _, third = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return third - first


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """How fast a stream of so many bytes is read and written."""

    nbytes: int
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Peaks:
    """What a device attains at most, as measured.

    Attributes:
        device: as torch calls it: ``"cpu"``, ``"cuda:0"``.
        device_name: the processor's or the card's own name.
        threads: torch's threads within an operator.
        torch: its version.
        flops_per_second: of products of matrices, by dtype.
        bandwidths: of streams, the smallest first: small ones stay in a cache.
        seconds_per_call: what it takes to start one operator that does nothing.
    """

    device: str
    device_name: str
    threads: int
    torch: str
    flops_per_second: Mapping[str, float]
    bandwidths: tuple[Bandwidth, ...]
    seconds_per_call: float

    @property
    def memory_bytes_per_second(self) -> float:
        """Of the largest stream, which no cache holds."""
        return self.bandwidths[-1].bytes_per_second


@dataclass(frozen=True, slots=True)
class Reading:
    """What another counter says of the same model and input.

    Attributes:
        name: the counter.
        version: of the distribution that answered, or "" when it could not be loaded.
        unit: what the figure is, whatever the counter calls it.
        value: its total, or None when it failed (the reason is in the notes).
        params: its parameter count, or None when it has none.
        modules: its totals per scope, each with what is inside.
        notes: its warnings, and why it failed.
        label: what the counter itself calls the figure: ``"FLOPs"``, also where they are MACs.
        distribution: the one that answered, where several install the same module.
        stated_macs: what it gives under the name of MACs beside a figure of FLOPs, or None.
        operators: what it counted in each scope, without what is inside, by the operator, function
            or type of module that it counted it for. They add up to the value, or there are none.
        uncounted: operators, or types of modules, that it came across without a rule for them, and
            how often.
        seconds: what counting took.
    """

    name: str
    version: str
    unit: Literal["MACs", "FLOPs"]
    value: int | None
    params: int | None = None
    modules: Mapping[Scope, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    label: str = ""
    distribution: str = ""
    stated_macs: int | None = None
    operators: Mapping[Scope, Mapping[str, int]] = field(default_factory=dict)
    uncounted: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = field(default=None, compare=False)

    @property
    def macs(self) -> float | None:
        """The figure in MACs, of which each is two FLOPs; None when it failed."""
        if self.value is None or self.unit == "MACs":
            return self.value
        return self.value / 2 if self.value % 2 else self.value // 2

    @property
    def flops(self) -> int | None:
        """The figure in FLOPs, two for each MAC; None when it failed."""
        return 2 * self.value if self.value is not None and self.unit == "MACs" else self.value

    def within(self, module: Scope) -> Reading:
        """What it says of a part of the model, whose own scope becomes ``""``.

        What it says of the whole alone is not known of the part, and left out.
        """
        if not module or self.value is None:
            return self
        modules = {
            scope[len(module) + 1 :]: value
            for scope, value in self.modules.items()
            if is_within(scope, module)
        }
        operators = {
            scope[len(module) + 1 :]: kinds
            for scope, kinds in self.operators.items()
            if is_within(scope, module)
        }
        return replace(
            self,
            value=modules.get(""),
            params=None,
            modules=modules,
            operators=operators,
            stated_macs=None,
            uncounted={},
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """The versions and the device that a report was made with."""

    flopscope: str
    torch: str
    python: str
    device: str
