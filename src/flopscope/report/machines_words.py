"""What makes a model faster on one machine than on another, in words and figures."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.comparison import Comparison, Part
from flopscope.report.machines_surroundings import surroundings, work
from flopscope.units import format_fixed, format_quantity, many

MOST_LAYERS = 3
"""Layers that are named as those that the difference comes from."""

FAR_APART = 0.1
"""Of a pass's time, the least by which watching the modules may be said to distort it."""

LEAST_SHARE = 0.005
"""Of the first machine's time, for a part of it to be told: less rounds to nothing."""


def explanation(comparison: Comparison) -> Iterator[str]:
    """How much faster the other machine is, and what that comes from; what isn't known as well."""
    base, other = comparison.base, comparison.other
    yield work(comparison)
    untimed = [report.name for report in (base, other) if report.run is None]
    if untimed:
        yield f"time was not measured on {' and '.join(untimed)}"
    else:
        yield _speed(comparison)
    yield _limits(comparison)
    yield from _roofline(comparison)
    if not untimed:
        yield from _watched(comparison)
        yield from _parts(comparison)
        yield from _moved_bounds(comparison)
        yield from _layers(comparison)
        yield from _starting(comparison)
    yield from surroundings(comparison)


def times(value: float) -> str:
    """A ratio: ``"3.10x"``."""
    return format_fixed(value, 2, "x")


def _speed(comparison: Comparison) -> str:
    base, other, speed = comparison.base, comparison.other, comparison.speed
    assert base.run is not None
    assert other.run is not None
    medians = (format_quantity(run.seconds, "s") for run in (other.run, base.run))
    taken = " against ".join(medians)
    if speed is None:
        return f"no time to compare: {taken}"
    error = comparison.error
    known = "too few runs to say how sure" if error is None else f"± {error:.1%}"
    if not comparison.is_clear:
        return f"no difference that the measurements can tell: {taken} ({times(speed)}, {known})"
    if speed < 1:
        return f"{times(1 / speed)} as slow as {base.name}: {taken} ({known})"
    return f"{times(speed)} as fast as {base.name}: {taken} ({known})"


def _limits(comparison: Comparison) -> str:
    base, other = comparison.base, comparison.other
    unknown = [report.name for report in (base, other) if report.allowed is None]
    if base.allowed is None or other.allowed is None:
        return (
            f"limits not known of {' and '.join(unknown)}: `flopscope device` there measures them"
        )
    ones, others = base.limits, other.limits
    types = base.allowed.dtype, other.allowed.dtype
    of_type = types[0] if types[0] == types[1] else f"{types[1]} against {types[0]}"
    parts = (
        _rate("peak", comparison.peak, others.flops_per_second, ones.flops_per_second, "FLOP/s"),
        _rate(
            "bandwidth", comparison.bandwidth, others.bytes_per_second, ones.bytes_per_second, "B/s"
        ),
    )
    origins = base.allowed.origin, other.allowed.origin
    origin = origins[0] if origins[0] == origins[1] else f"{origins[1]} against {origins[0]}"
    return f"its {parts[0]} in {of_type}; its {parts[1]} ({origin})"


def _rate(
    name: str, factor: float | None, other: float | None, base: float | None, unit: str
) -> str:
    """``"peak is 2.00x: 200 GFLOP/s against 100 GFLOP/s"``, or what of it isn't known."""
    rates = (format_quantity(rate, unit) if rate else "not known" for rate in (other, base))
    beside = " against ".join(rates)
    return f"{name} is {times(factor)}: {beside}" if factor else f"{name}: {beside}"


def _roofline(comparison: Comparison) -> Iterator[str]:
    base, other = comparison.base, comparison.other
    ideals = [report.model.ideal_seconds for report in (other, base)]
    least = " against ".join(format_quantity(ideal or 0.0, "s") for ideal in ideals)
    if comparison.allowed is None:
        if base.allowed and other.allowed:
            yield "how much that allows is not known: a rate that some layer needs is missing"
        return
    allowed = f"layer by layer the limits allow {times(comparison.allowed)} ({least} at least)"
    if comparison.nearness is None:
        yield allowed
        return
    reached = ", ".join(
        f"{report.name} reaches {format_fixed(100 * (report.model.roofline_share or 0.0), 0, '%')}"
        for report in (other, base)
    )
    near = f"the rest, {times(comparison.nearness)}, is how near each gets to its own"
    yield f"{allowed}; {near}: {reached} of the roofline"


def _watched(comparison: Comparison) -> Iterator[str]:
    """That a pass took another time while its modules were watched, where that is far apart."""
    for report in (comparison.base, comparison.other):
        run, watched = report.run, report.watched_seconds
        if run and watched and abs(watched - run.seconds) > FAR_APART * run.seconds:
            yield (
                f"{report.name}'s layers add up to {format_quantity(watched, 's')}, not to"
                f" {format_quantity(run.seconds, 's')}: a pass with its modules watched"
            )


def _parts(comparison: Comparison) -> Iterator[str]:
    """The first machine's time by what limits it, and how much faster each part of it is."""
    parts = comparison.parts()
    for part in parts:
        if part.share >= LEAST_SHARE:
            yield _part(part, comparison)
    rest = 1 - sum(part.share for part in parts)
    if rest >= LEAST_SHARE:
        yield f"{rest:.0%} of {comparison.base.name}'s time cannot be told apart by layers"


def _part(part: Part, comparison: Comparison) -> str:
    by_bound = {
        "compute": ("bound by arithmetic", "peak", comparison.peak),
        "memory": ("bound by memory", "bandwidth", comparison.bandwidth),
        "overhead": ("spent on starting operators", "start of an operator", comparison.starting),
        None: ("outside of counted work, or bound by nothing known", "", None),
    }
    where, limit, factor = by_bound[part.bound]
    taken = format_quantity(part.base_seconds, "s")
    said = f"{part.share:.0%} of {comparison.base.name}'s time ({taken}) is {where}"
    if part.speed is None:
        return f"{said}: not measured on {comparison.other.name}"
    reason = f", its {limit} {times(factor)}" if factor else ""
    return f"{said}: there {comparison.other.name} is {times(part.speed)} as fast{reason}"


def _moved_bounds(comparison: Comparison) -> Iterator[str]:
    """The layers that something else limits on the other machine, if they take any time."""
    whole = comparison.base.watched_seconds
    moved = [
        change
        for change in comparison.changes()
        if change.base.bound and change.other.bound and change.base.bound != change.other.bound
    ]
    share = sum(change.base.seconds or 0.0 for change in moved) / whole if whole else 0.0
    if share >= LEAST_SHARE:
        first = moved[0]
        example = f"{first.base.scope or 'the model itself'} by {first.other.bound}"
        yield (
            f"{share:.0%} is in layers with another limit on {comparison.other.name}:"
            f" {example} instead of {first.base.bound}"
        )


def _layers(comparison: Comparison) -> Iterator[str]:
    """Where most of the difference is."""
    base, other = comparison.base.watched_seconds, comparison.other.watched_seconds
    if not comparison.is_clear or base is None or other is None:
        return
    whole = base - other
    changes = [change for change in comparison.changes() if change.seconds * whole > 0]
    named = [
        f"{change.base.scope or 'the model itself'} ({change.base.kind})"
        f" {format_quantity(change.base.seconds or 0.0, 's')} to"
        f" {format_quantity(change.other.seconds or 0.0, 's')}"
        f" ({change.seconds / whole:.0%} of the difference)"
        for change in changes[:MOST_LAYERS]
        if change.seconds / whole >= LEAST_SHARE
    ]
    if named:
        yield f"most in {', '.join(named)}"


def _starting(comparison: Comparison) -> Iterator[str]:
    """What starting the operators takes, one after the other."""
    told = []
    for report in (comparison.other, comparison.base):
        each = report.limits.seconds_per_call
        if each is None or not report.run or not report.run.seconds:
            told.append(f"not known of {report.name}")
            continue
        taken = report.operator_calls * each
        share = format_fixed(100 * taken / report.run.seconds, 1, "%")
        told.append(f"{format_quantity(taken, 's')} on {report.name}, {share} of its time")
    calls = many(comparison.base.operator_calls, "operator")
    yield f"starting {calls} one after the other: {'; '.join(told)}"
