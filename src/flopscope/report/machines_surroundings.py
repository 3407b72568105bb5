"""What two machines differ in besides their rates, and whether they did the same work at all."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.comparison import Comparison
from flopscope.analysis.written import Run, Written
from flopscope.devices import reported_device
from flopscope.units import many

CLOCK = "clock "
"""What the note on how a clock ran begins with."""


def counts_differ(comparison: Comparison) -> Iterator[str]:
    """That the work differs, if it does, and why."""
    scopes = comparison.differing
    if not scopes:
        return
    base, other = comparison.base, comparison.other
    versions = (
        f"{name} {other.versions[name]} against {base.versions[name]}"
        for name in base.versions
        if base.versions[name] != other.versions[name]
    )
    inputs = ("other inputs",) if base.inputs != other.inputs else ()
    why = ", ".join((*inputs, *versions)) or "neither their inputs nor their versions say why"
    flops = f"{other.model.counts.flops:,} FLOPs against {base.model.counts.flops:,}"
    first = f"{scopes[0] or 'the model itself'} first"
    yield f"NOT the same work: {many(len(scopes), 'module')} differ, {first} ({why}); {flops}"


def surroundings(comparison: Comparison) -> Iterator[str]:
    """What else differs: processors, threads, versions, types, clocks."""
    base, other = comparison.base, comparison.other
    yield from _runs(base, other)
    if base.versions["torch"] != other.versions["torch"]:
        yield f"torch {other.versions['torch']} against {base.versions['torch']}"
    yield from filter(None, (_unsupported(report) for report in (base, other)))


def _runs(base: Written, other: Written) -> Iterator[str]:
    if base.run is None or other.run is None:
        return
    on_processors = "cpu" in {base.run.device, other.run.device}
    if on_processors and base.run.threads != other.run.threads:
        yield f"{many(other.run.threads, 'thread')} against {base.run.threads}"
    if base.run.device_name and base.run.device_name == other.run.device_name:
        yield f"both are called {base.run.device_name}"
    clocks = _clock(base.run), _clock(other.run)
    if any(clocks):
        ones, others = (clock or "not known" for clock in clocks)
        yield f"clock: {others} against {ones}"
    else:
        yield "how the clocks ran is not known"


def _clock(run: Run) -> str:
    return next((note[len(CLOCK) :] for note in run.notes if note.startswith(CLOCK)), "")


def _unsupported(report: Written) -> str | None:
    """That a device of the table has no rate for the type, by its vendor."""
    device = reported_device(report.run.device_name) if report.run else None
    if device is None or report.allowed is None or device.matrix_peak(report.allowed.dtype):
        return None
    return f"{report.name}: the datasheet of {device.name} has no rate for {report.allowed.dtype}"
