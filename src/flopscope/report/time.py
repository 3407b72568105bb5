"""What was measured of a row, and how near that comes to what the machine allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopscope.measurements import Timing
from flopscope.report.limits import Limited, limited
from flopscope.report.rows import Row
from flopscope.report.speed import flops_per_second, own_seconds, seconds_inside

if TYPE_CHECKING:
    from flopscope.report import Report


def seconds(row: Row, report: Report) -> float | None:
    """Of a forward pass, spent in the row's modules; None where that was not measured."""
    measure = own_seconds if row.kind == "own" else seconds_inside
    return sum_of_known([measure(report.timing, node) for node in row.nodes])


def gigaflops_per_second(row: Row, report: Report) -> float | None:
    """The achieved rate."""
    rate = flops_per_second(row.cost.flops, seconds(row, report))
    return rate / 1e9 if rate is not None else None


def ideal_seconds(row: Row, report: Report) -> float | None:
    """The least time that the machine allows."""
    found = [each.ideal for each in _limited(row, report)]
    return sum_of_known([None if ideal is None else ideal.seconds for ideal in found])


def roofline_percent(row: Row, report: Report) -> float | None:
    """The achieved part of the attainable rate."""
    least, taken = ideal_seconds(row, report), seconds(row, report)
    return 100 * least / taken if least is not None and taken else None


def bound(row: Row, report: Report) -> str | None:
    """What limits the row's modules, where that is the same for all."""
    bounds = {each.bound for each in _limited(row, report)}
    return bounds.pop() if len(bounds) == 1 else None


def _limited(row: Row, report: Report) -> list[Limited]:
    return [limited(report, node, own=row.kind == "own") for node in row.nodes]


def gigabytes_per_second(row: Row, report: Report) -> float | None:
    """The achieved bandwidth, by the bytes that operators move in eager execution."""
    taken = seconds(row, report)
    return row.cost.bytes_moved / taken / 1e9 if taken else None


def samples_per_second(row: Row, report: Report) -> float | None:
    """Samples per second, of the model alone."""
    timing = _timing_of_model(row, report)
    return timing.samples_per_second if timing else None


def error_percent(row: Row, report: Report) -> float | None:
    """How far the median may be from the true one either way, of the model alone."""
    timing = _timing_of_model(row, report)
    return 100 * timing.median_error if timing and timing.median_error is not None else None


def variant_seconds(name: str, row: Row, report: Report) -> float | None:
    """Of a pass of the model, and of no part of it, that is run in another way."""
    timing = _timing_of_model(row, report)
    ways = timing.variants if timing else ()
    return next((variant.median_seconds for variant in ways if variant.name == name), None)


def _timing_of_model(row: Row, report: Report) -> Timing | None:
    is_model = row.kind == "module" and row.nodes[0] is report.profile.root
    return report.timing if is_model else None


def sum_of_known(figures: list[float | None]) -> float | None:
    """The sum of figures, or None where one is unknown."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if len(known) == len(figures) else None
