"""What to make of several counters' figures: what the columns mean, and which to publish."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.report.counters import CounterComparison
from flopscope.report.counters.naming import DIFFERS
from flopscope.report.shapes import format_shape
from flopscope.report.summary import Fact
from flopscope.units import format_quantity

REASON = (
    "no tool's rules for norms, activations and biases change it. Papers on vision models print"
    " this number, mostly as FLOPs"
)


def legend(comparison: CounterComparison) -> Iterator[Fact]:
    """What the table's columns mean."""
    if any(account.unit == "FLOPs" for account in comparison.accounts):
        yield Fact("MACs", ("of a counter of FLOPs: half of them",))
    yield Fact("FLOPs", ("2 for each MAC; flopscope's have all other arithmetic as well",))
    if any(
        account.params not in {None, comparison.report.params} for account in comparison.accounts
    ):
        yield Fact(DIFFERS, ("not what flopscope counts",))
    if comparison.absent:
        absent = f"{', '.join(comparison.absent)}: not installed; --all says how to get them"
        yield Fact("not asked", (absent,))
    if comparison.report.uncounted:
        yield Fact("≥", ("without the work of operators that were not counted",))


def advice(comparison: CounterComparison) -> Iterator[Fact]:
    """Which figure to publish, and how to call it."""
    report = comparison.report
    if not report.macs:
        return
    least = "at least " if report.uncounted else ""
    shapes = " and ".join(format_shape(tensor.shape) for _, tensor in report.inputs)
    at = f" at {shapes}" if shapes else ""
    figure = f"{least}{format_quantity(report.macs, decimals=2)} MACs{at}"
    yield Fact("to publish", (f"{figure}, called MACs: {REASON}",))
