"""Where each counter is and what it needs: ours, and those that other distributions add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec

GROUP = "flopscope.counters"
"""Of the entry points by which a distribution adds a counter: ``name = "module:count"``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One counter.

    Attributes:
        where: its function: ``"module:attribute"``.
        package: the module that it asks, whose warnings are its own.
        distribution: what to install to have that.
    """

    where: str
    package: str
    distribution: str

    @property
    def is_installed(self) -> bool:
        """Whether it can be asked, as far as can be told without importing anything."""
        try:
            return find_spec(self.package) is not None
        except (ImportError, ValueError):  # its parent is not there, or has no spec
            return False


OURS: Mapping[str, Row] = {
    "thop": Row("flopscope.counters.thop:count", "thop", "thop"),
    "fvcore": Row("flopscope.counters.fvcore:count", "fvcore", "fvcore"),
    "torch": Row("flopscope.counters.flop_counter_mode:count", "torch", "torch"),
    "ptflops": Row("flopscope.counters.ptflops_aten:count", "ptflops", "ptflops"),
    "ptflops-pytorch": Row("flopscope.counters.ptflops_pytorch:count", "ptflops", "ptflops"),
    "calflops": Row("flopscope.counters.calflops:count", "calflops", "calflops"),
    "torchinfo": Row("flopscope.counters.torchinfo:count", "torchinfo", "torchinfo"),
    "torchprofile": Row("flopscope.counters.torchprofile:count", "torchprofile", "torchprofile"),
    "deepspeed": Row("flopscope.counters.deepspeed:count", "deepspeed", "deepspeed"),
    "profiler": Row("flopscope.counters.profiler:count", "torch", "torch"),
}


def rows() -> dict[str, Row]:
    """Every counter by its name: ours, and behind them those of other distributions."""
    theirs = {entry.name: entry for entry in entry_points(group=GROUP)}
    return dict(OURS) | {
        name: Row(
            where=entry.value,
            package=entry.value.partition(":")[0].partition(".")[0],
            distribution=entry.dist.name if entry.dist else "",
        )
        for name, entry in theirs.items()
        if name not in OURS
    }
