"""Measured time per module, and work per second."""

from __future__ import annotations

from flopscope.measurements import Timing
from flopscope.report.rows import ran
from flopscope.tree import Node


def seconds_inside(timing: Timing | None, node: Node) -> float | None:
    """The time spent in a module and its children, or None where it was not measured.

    The model's is the median of the runs without hooks, which no measuring slows down. A module
    that only holds others, such as a ``ModuleList``, takes as long as they do.
    """
    if timing is None:
        return None
    if not node.scope:
        return timing.median_seconds
    if node.spec.calls or not ran(node):
        return timing.module_seconds.get(node.scope)
    return _sum_inside(timing, node)


def own_seconds(timing: Timing | None, node: Node) -> float | None:
    """The time a module spent outside its children, by the measurements with hooks.

    None where those do not say, or where its children together took longer than it did, as when
    one of them was called from elsewhere.
    """
    if timing is None or node.scope not in timing.module_seconds:
        return None
    inside = _sum_inside(timing, node)
    if inside is None or inside > timing.module_seconds[node.scope]:
        return None
    return timing.module_seconds[node.scope] - inside


def flops_per_second(flops: int, seconds: float | None) -> float | None:
    """The achieved rate, or None without a measured time."""
    return flops / seconds if seconds else None


def _sum_inside(timing: Timing, node: Node) -> float | None:
    """The time spent in a module's children that ran, or None where one was not measured."""
    measured = [seconds_inside(timing, child) for child in node.children if ran(child)]
    known = [seconds for seconds in measured if seconds is not None]
    return sum(known) if len(known) == len(measured) else None
