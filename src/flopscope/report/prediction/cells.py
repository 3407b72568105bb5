"""What is said of each device, each module and each operator, as cells of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
        is_name: whether cells are names, which can be shortened.
    """

    title: str
    cells: Sequence[str]
    importance: int = 5
    in_words: bool = False
    is_name: bool = False


def devices(reports: Sequence[PredictionReport], *, has_models: bool = False) -> tuple[Column, ...]:
    """A row for each device, or for each of several models on each device."""
    rows = [(report, outlook) for report in reports for outlook in report.outlooks]
    outlooks = [outlook for _, outlook in rows]
    names = [outlook.prediction.device.name for outlook in outlooks]

    def figures(
        title: str, importance: int, cell: Callable[[Outlook], str | None]
    ) -> tuple[Column, ...]:
        found = [cell(outlook) for outlook in outlooks]
        if not any(found):
            return ()
        return (Column(title, align([each or NOTHING for each in found]), importance),)

    models: tuple[Column, ...] = ()
    if has_models:
        targets = [report.target for report, _ in rows]
        models = (
            Column("Model", targets, 11, in_words=True, is_name=True),
            *figures("Batch", 10, lambda each: _count(each.workload.samples)),
        )
    held = [_memory(outlook) for outlook in outlooks]
    has_memory = any(cell != NOTHING for cell in held)
    return (
        *models,
        *(
            []
            if has_models and len(set(names)) == 1
            else [Column("Device", names, 10, in_words=True)]
        ),
        *figures("Time", 10, lambda each: format_quantity(each.prediction.seconds, "s")),
        *figures("Samples/s", 9, lambda each: rate(each.samples_per_second)),
        *figures("Low", 8, lambda each: _seconds(each.prediction.low_seconds)),
        *figures("High", 8, lambda each: _seconds(each.prediction.high_seconds)),
        *figures("Rate", 4, lambda each: _flops(each.flops_per_second)),
        *figures("% peak", 6, lambda each: percent(each.peak_share)),
        *([Column("Memory", held, 7, in_words=True)] if has_memory else []),
        *figures("Samples/s/W", 3, lambda each: _number(each.samples_per_joule)),
        *figures("Cost/M samples", 8, lambda each: _number(each.price_per_million)),
    )


def modules(outlook: Outlook, view: View) -> tuple[Column, ...]:
    """A row for each module in which any time goes by."""
    shown = View(depth=DEPTH if view.depth is None else view.depth, fold=view.fold)
    found = layers(outlook, shown)
    rows = [
        _Row(layer.name, layer.spent.seconds, layer.spent.limit, layer.spent.kernels, layer.kind)
        for layer in found
    ]
    return _spent("Module", outlook, [*rows, *_waiting(outlook)], has_kinds=True)


def operators(outlook: Outlook) -> tuple[Column, ...]:
    """A row for each operator, the longest first, the shortest ones together."""
    rows = [
        _Row(part.name, part.seconds, part.limit, part.launches) for part in operators_of(outlook)
    ]
    rest = rows[MOST_OPERATORS:]
    if len(rest) > 1:
        seconds, kernels = sum(row.seconds for row in rest), sum(row.kernels for row in rest)
        rows = [*rows[:MOST_OPERATORS], _Row(OTHERS, seconds, None, kernels)]
    return _spent("Operator", outlook, [*rows, *_waiting(outlook)])


@dataclass(frozen=True, slots=True)
class _Row:
    """What time goes by in."""

    name: str
    seconds: float
    limit: str | None
    kernels: int
    kind: str = ""


def _waiting(outlook: Outlook) -> Iterator[_Row]:
    """The time in which the device waits to be asked for kernels, if that is any."""
    seconds = outlook.prediction.seconds
    waiting = seconds - sum(each.seconds for each in outlook.prediction.stream.timed)
    if waiting > LEAST_WAITING * seconds:
        yield _Row(WAITING, waiting, "launch", 0)


def _spent(
    title: str, outlook: Outlook, rows: Sequence[_Row], *, has_kinds: bool = False
) -> tuple[Column, ...]:
    whole = outlook.prediction.seconds
    shares = [percent(row.seconds / whole if whole else None) or NOTHING for row in rows]
    kinds = (
        (Column("Type", [row.kind for row in rows], 5, in_words=True, is_name=True),)
        if has_kinds
        else ()
    )
    return (
        Column(title, [row.name for row in rows], 10, in_words=True, is_name=True),
        *kinds,
        Column("Time", align([format_quantity(row.seconds, "s") for row in rows]), 9),
        Column("% time", align(shares), 8),
        Column("Limit", [row.limit or NOTHING for row in rows], 7, in_words=True),
        Column("Kernels", [f"{row.kernels:,}" for row in rows], 4),
    )


def rate(value: float | None) -> str | None:
    """Samples in a second: as many digits as are known."""
    if value is None:
        return None
    return f"{value:,.0f}" if value >= 100 else format_quantity(value)


def _count(number: int | None) -> str | None:
    return None if number is None else f"{number:,}"


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
