"""What two machines differ in besides their rates, and whether they did the same work at all."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.comparison import Comparison
from flopscope.analysis.written import Run, Written
from flopscope.devices import reported_device
from flopscope.units import format_bytes, many

CLOCK = "clock "
"""What the note on how a clock ran begins with."""


def work(comparison: Comparison) -> str:
    """Whether both did the same, and if not, what could be why."""
    scopes = comparison.differing
    counts = comparison.base.model.counts
    if not scopes:
        return f"the same work: {counts.flops:,} FLOPs, {format_bytes(counts.bytes_moved)} moved"
    base, other = comparison.base, comparison.other
    versions = (
        f"{name} {other.versions[name]} against {base.versions[name]}"
        for name in base.versions
        if base.versions[name] != other.versions[name]
    )
    inputs = ("other inputs",) if base.inputs != other.inputs else ()
    why = ", ".join((*inputs, *versions)) or "neither their inputs nor their versions say why"
    flops = f"{other.model.counts.flops:,} FLOPs against {counts.flops:,}"
    first = f"{scopes[0] or 'the model itself'} first"
    differ = f"{many(len(scopes), 'module')} not alike, {first}"
    return f"NOT the same work: {differ} ({why}); {flops}"


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
