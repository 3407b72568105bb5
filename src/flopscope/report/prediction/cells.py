"""What is said of each device, each module and each operator, as cells of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flopscope.analysis.prediction.workload import Outlook
from flopscope.report.fitting import align
from flopscope.report.ledger import NOTHING
from flopscope.report.prediction import PredictionReport, operators_of
from flopscope.report.prediction.layers import layers
from flopscope.report.prediction.words import percent
from flopscope.report.view import View
from flopscope.units import format_bytes, format_quantity

MOST_OPERATORS = 12
"""Operators that are listed; JSON has all."""

DEPTH = 2
"""Levels of modules that are shown where nothing else is asked for."""

OTHERS = "(others)"
WAITING = "(host)"
"""The time that PyTorch takes to ask for kernels, beyond that of the kernels."""

LEAST_WAITING = 0.005
"""Of the estimate, what that has to take for a line of its own."""


@dataclass(frozen=True, slots=True)
class Column:
    """What is said of each row.

    Attributes:
        title: what stands above.
        cells: one for each row.
        importance: where space is short, the least important goes first.
        in_words: whether cells begin at the left.
    """

    title: str
    cells: Sequence[str]
    importance: int = 5
    in_words: bool = False


def devices(report: PredictionReport) -> tuple[Column, ...]:
    """A row for each device."""
    outlooks = report.outlooks

    def figures(
        title: str, importance: int, cell: Callable[[Outlook], str | None]
    ) -> tuple[Column, ...]:
        found = [cell(outlook) for outlook in outlooks]
        if not any(found):
            return ()
        return (Column(title, align([each or NOTHING for each in found]), importance),)

    held = Column("Memory", [_memory(outlook) for outlook in outlooks], 7, in_words=True)
    return (
        Column("Device", [each.prediction.device.name for each in outlooks], 10, in_words=True),
        *figures("Time", 10, lambda each: format_quantity(each.prediction.seconds, "s")),
        *figures("Samples/s", 9, lambda each: rate(each.samples_per_second)),
        *figures("Low", 8, lambda each: _seconds(each.prediction.low_seconds)),
        *figures("High", 8, lambda each: _seconds(each.prediction.high_seconds)),
        *figures("Rate", 4, lambda each: _flops(each.flops_per_second)),
        *figures("% peak", 6, lambda each: percent(each.peak_share)),
        *((held,) if report.workload.memory is not None else ()),
        *figures("Samples/s/W", 3, lambda each: _number(each.samples_per_joule)),
        *figures("Cost/M samples", 5, lambda each: _number(each.price_per_million)),
    )


def modules(outlook: Outlook, view: View) -> tuple[Column, ...]:
    """A row for each module in which any time goes by."""
    shown = View(depth=DEPTH if view.depth is None else view.depth, fold=view.fold)
    found = layers(outlook, shown)
    return (
        Column("Module", [layer.name for layer in found], 10, in_words=True),
        Column("Type", [layer.kind for layer in found], 5, in_words=True),
        *_spent(
            outlook,
            [layer.spent.seconds for layer in found],
            [layer.spent.kernels for layer in found],
            [layer.spent.limit or NOTHING for layer in found],
        ),
    )


def operators(outlook: Outlook) -> tuple[Column, ...]:
    """A row for each operator, the longest first, the shortest ones together."""
    parts = operators_of(outlook)
    rows = [(part.name, part.seconds, part.launches, str(part.limit)) for part in parts]
    rest = rows[MOST_OPERATORS:]
    if len(rest) > 1:
        whole = sum(row[1] for row in rest), sum(row[2] for row in rest)
        rows = [*rows[:MOST_OPERATORS], (OTHERS, *whole, NOTHING)]
    waiting = outlook.prediction.seconds - sum(part.seconds for part in parts)
    if waiting > LEAST_WAITING * outlook.prediction.seconds:
        rows.append((WAITING, waiting, 0, "launch"))
    names, seconds, kernels, limits = ([row[place] for row in rows] for place in range(4))
    return (
        Column("Operator", [str(name) for name in names], 10, in_words=True),
        *_spent(
            outlook,
            [float(each) for each in seconds],
            [int(each) for each in kernels],
            [str(limit) for limit in limits],
        ),
    )


def _spent(
    outlook: Outlook, seconds: Sequence[float], kernels: Sequence[int], limits: Sequence[str]
) -> tuple[Column, ...]:
    whole = outlook.prediction.seconds
    shares = [percent(each / whole if whole else None) or NOTHING for each in seconds]
    return (
        Column("Time", align([format_quantity(each, "s") for each in seconds]), 9),
        Column("% time", align(shares), 8),
        Column("Limit", limits, 7, in_words=True),
        Column("Kernels", [f"{each:,}" for each in kernels], 4),
    )


def rate(value: float | None) -> str | None:
    """Samples in a second: as many digits as are known."""
    if value is None:
        return None
    return f"{value:,.0f}" if value >= 100 else format_quantity(value)


def _seconds(seconds: float | None) -> str | None:
    return None if seconds is None else format_quantity(seconds, "s")


def _flops(value: float | None) -> str | None:
    return None if value is None else format_quantity(value, "FLOP/s")


def _number(value: float | None) -> str | None:
    return None if value is None else format_quantity(value)


def _memory(outlook: Outlook) -> str:
    held, there = outlook.workload.memory, outlook.memory_nbytes
    if held is None:
        return NOTHING
    if there is None:
        return format_bytes(held.total)
    sign = "of" if outlook.fits else "NOT in"
    return f"{format_bytes(held.total)} {sign} {format_bytes(there)}"
