"""What running a model for real says of it: plain values, as frozen as the records of a trace."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from flopscope.records import Scope, is_within


@dataclass(frozen=True, slots=True)
class Timing:
    """Measured wall-clock time of real forward passes.

    Attributes:
        device: where it ran: ``"cpu"``, ``"cuda:0"``.
        device_name: what that is: the processor's or the card's own name.
        threads: torch's intra-op threads (CPU).
        seconds: one entry per whole forward pass, hooks off, after warm-up.
        module_seconds: median inclusive seconds per scope over its runs with hooks on.
    """

    device: str
    device_name: str
    threads: int
    seconds: tuple[float, ...]
    module_seconds: Mapping[Scope, float] = field(default_factory=dict)

    @property
    def median_seconds(self) -> float:
        """The time that half of the forward passes stayed under."""
        return statistics.median(self.seconds)

    @property
    def iqr_seconds(self) -> float | None:
        """The spread of the middle half of the passes, third quartile less first; None of one."""
        if len(self.seconds) == 1:
            return None
        first, _, third = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return third - first


@dataclass(frozen=True, slots=True)
class Reading:
    """What another counter says of the same model and input.

    Attributes:
        name: the counter.
        version: of the distribution that answered, or "" when it could not be loaded.
        unit: what the figure is, whatever the counter calls it.
        value: its total, or None when it failed (the reason is in the notes).
        params: its parameter count, or None when it has none.
        modules: its totals per scope.
        notes: its warnings, and why it failed.
    """

    name: str
    version: str
    unit: Literal["MACs", "FLOPs"]
    value: int | None
    params: int | None = None
    modules: Mapping[Scope, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def within(self, module: Scope) -> Reading:
        """What it says of a part of the model, whose own scope becomes ``""``."""
        if not module or self.value is None:
            return self
        modules = {
            scope[len(module) + 1 :]: value
            for scope, value in self.modules.items()
            if is_within(scope, module)
        }
        return replace(self, value=modules.get(""), params=None, modules=modules)


@dataclass(frozen=True, slots=True)
class Environment:
    """The versions and the device that a report was made with."""

    flopscope: str
    torch: str
    python: str
    device: str
