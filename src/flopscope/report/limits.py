"""How near measured time comes to what the machine allows, and what keeps it from coming nearer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flopscope.report.roofline_plot import Point, plot
from flopscope.report.rows import OWN_NAME
from flopscope.report.speed import own_seconds, seconds_inside
from flopscope.roofline import Bound, Ideal, Performance
from flopscope.tree import Node
from flopscope.units import format_fixed, format_quantity

if TYPE_CHECKING:
    from flopscope.report import Report, View

MOST_HOT_SPOTS = 5
MOST_POINTS = 12
MEMORY = 1 << 60
"""Bytes that no cache holds: the roof that is drawn is that of memory."""

LEAST_SHARE = 0.02
"""Of the whole time, for a module to be named as a place where it goes."""


@dataclass(frozen=True, slots=True)
class Limited:
    """A module's time beside the least that the machine allows.

    Attributes:
        seconds: measured, or None.
        ideal: the least, or None where some rate is not known.
        seconds_per_call: what starting an operator takes, or None where that is unknown.
    """

    seconds: float | None
    ideal: Ideal | None
    seconds_per_call: float | None

    @property
    def share(self) -> float | None:
        """The part of the attainable rate that is achieved."""
        if self.ideal is None or not self.seconds:
            return None
        return self.ideal.seconds / self.seconds

    @property
    def bound(self) -> Bound | None:
        if self.ideal is None:
            return None
        return self.ideal.bound(self.seconds, self.seconds_per_call)


def limited(report: Report, node: Node, *, own: bool = False) -> Limited:
    """A module with all that is inside it, or its own work alone."""
    measure = own_seconds if own else seconds_inside
    seconds = measure(report.timing, node)
    if report.ideals is None:
        return Limited(seconds, None, None)
    scopes = [node.scope] if own else [inside.scope for inside in node.walk()]
    ideals = report.ideals
    return Limited(seconds, ideals.of(scopes), ideals.machine.seconds_per_call)


def hot_spots(report: Report) -> Iterator[str]:
    """The modules whose own work takes longest, with what limits each and what could be gained."""
    if report.timing is None or report.ideals is None:
        return
    spots = []
    for node in report.modules.values():
        found = limited(report, node, own=bool(node.children))
        if found.seconds and found.bound is not None:
            spots.append((found.seconds, node, found))
    whole = report.timing.module_seconds.get("") or report.timing.median_seconds
    spots.sort(key=lambda spot: -spot[0])
    for seconds, node, found in spots[:MOST_HOT_SPOTS]:
        if seconds >= LEAST_SHARE * whole:
            yield _described(node, found, seconds / whole)


def roofline_of(report: Report, view: View) -> str:
    """The machine's roofline with the modules that take longest; or why there is none."""
    ideals = report.ideals
    if ideals is None or report.timing is None:
        return "no roofline: it takes measured time and the machine's limits (flopscope device)"
    found = [
        (limited(report, node, own=bool(node.children)), node)
        for node in report.modules.values()
        if node.own_cost.flops
    ]
    timed = [(each.seconds, each, node) for each, node in found if each.seconds]
    timed.sort(key=lambda entry: -entry[0])
    limits = ideals.machine.limits(ideals.dtype, MEMORY)
    points = [
        Point(_own_name(node), Performance(node.own_cost, limits, seconds), each.share, each.bound)
        for seconds, each, node in timed[:MOST_POINTS]
    ]
    cache = ideals.machine.bytes_per_second(0)
    drawn = plot(limits, points, view, cache_bytes_per_second=cache)
    return drawn or f"no roofline: nothing is known of this machine's rate in {ideals.dtype}"


def _own_name(node: Node) -> str:
    """The row of the table that has a module's own work."""
    name = node.scope or node.spec.kind
    return f"{name} {OWN_NAME}" if node.children else name


def _described(node: Node, found: Limited, part: float) -> str:
    assert found.seconds is not None
    assert found.ideal is not None
    name = f"{node.scope or 'the model itself'} ({node.spec.kind})"
    took = f"{name}: {format_quantity(found.seconds, 's')} ({part:.0%}), {found.bound}-bound"
    if found.bound == "overhead":
        calls = f"{found.ideal.calls} operator{'' if found.ideal.calls == 1 else 's'}"
        return f"{took}: {calls} to start; fusing them, a larger batch or a graph helps"
    gain = format_quantity(max(found.seconds - found.ideal.seconds, 0.0), "s")
    reached = f"{took}, {format_fixed(100 * (found.share or 0), 0, '%')} of the roofline"
    if found.bound == "memory" and not node.own_cost.macs:
        whole = format_quantity(found.seconds, "s")
        return f"{reached}: at most {gain} to gain, or {whole} by fusing it into its neighbours"
    return f"{reached}: at most {gain} to gain"
