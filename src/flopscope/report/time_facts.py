"""What measuring said, in words: the time, other ways to run the model, the machine's limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flopscope.measurements import Timing
from flopscope.report.limits import hot_spots
from flopscope.report.speed import flops_per_second
from flopscope.report.training import recomputed_flops
from flopscope.units import format_fixed, format_quantity, many

if TYPE_CHECKING:
    from flopscope.report import Report


DISAGREEING = 0.5
"""A part of the median: more than watching modules costs, or a median may be off."""


def time_line(report: Report, timing: Timing) -> str:
    """The median, how well it is known, how it spreads, and the rates that follow from it."""
    median, error = timing.median_seconds, timing.median_error
    spread = [
        f"{name} {format_quantity(seconds, 's')}"
        for name, seconds in (("IQR", timing.iqr_seconds), ("p95", timing.p95_seconds))
        if seconds is not None
    ]
    known = "" if error is None else f" ± {format_fixed(100 * error, 1, '%')}"
    spread_shown = f" ({', '.join(spread)})" if spread else ""
    runs = many(len(timing.seconds), "run")
    threads = f", {many(timing.threads, 'thread')}" if timing.device == "cpu" else ""
    parts = [
        f"{format_quantity(median, 's')} median{known}{spread_shown} of {runs}",
        f"{timing.device}{threads}",
    ]
    rate = flops_per_second(report.flops, median)
    if rate is not None:
        least = "at least " if report.uncounted else ""
        parts.append(f"{least}{format_quantity(rate, 'FLOP/s')}")
    if timing.samples_per_second is not None:
        parts.append(format_quantity(timing.samples_per_second, "samples/s"))
    return " · ".join(parts)


def limit_lines(report: Report, timing: Timing) -> Iterator[str]:
    """The machine's limits, how near the model comes to them, and where the time goes."""
    ideals = report.ideals
    if ideals is None:
        yield "not known of this machine: `flopscope device` measures them once, in a minute"
        return
    machine = ideals.machine
    peak, bandwidth = ideals.peak_flops_per_second, machine.bytes_per_second(report.bytes_moved)
    rates = [
        f"{format_quantity(rate, unit)}{said}"
        for rate, unit, said in ((peak, "FLOP/s", f" in {ideals.dtype}"), (bandwidth, "B/s", ""))
        if rate is not None
    ]
    yield f"{' · '.join(rates)} ({machine.origin}, {machine.name})"
    if peak is not None and timing.median_seconds:
        yield _utilisation(report, timing.median_seconds * peak)
    yield from hot_spots(report)


def _utilisation(report: Report, attainable: float) -> str:
    """The FLOPs done as a part of those that the peak allows; work done twice counts once."""
    again = recomputed_flops(report)
    model, whole = (
        format_fixed(100 * flops / attainable, 1, "%")
        for flops in (report.flops - again, report.flops)
    )
    said = f"{model} of the peak (model FLOPs utilisation)"
    return f"{said}, {whole} with what is computed again" if again else said


def other_times(timing: Timing) -> Iterator[str]:
    """What watching the modules costs, and how long the model takes in other ways."""
    overhead = timing.overhead_seconds
    if overhead is not None and timing.median_seconds:
        share = overhead / timing.median_seconds
        yield f"per module with hooks in place: {share:+.1%} on the whole"
        if abs(share) > DISAGREEING or (timing.median_error or 0) > DISAGREEING:
            yield "the passes disagree too much for these times to be trusted: measure again"
    for variant in timing.variants:
        faster = ""
        if variant.median_seconds:
            times = timing.median_seconds / variant.median_seconds
            faster = f", {format_fixed(times, 2)}x as fast"
        yield (
            f"{variant.name}: {format_quantity(variant.median_seconds, 's')} median of"
            f" {many(len(variant.seconds), 'run')}{faster};"
            f" preparing took {format_quantity(variant.preparation_seconds, 's')}"
        )
