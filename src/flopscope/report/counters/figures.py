"""The table of counters: one line each, ours first, the same columns in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flopscope.report.cells import TextColumn
from flopscope.report.counters import Account, CounterComparison
from flopscope.report.counters.naming import DIFFERS, UNKNOWN, printed, titled
from flopscope.report.fitting import align
from flopscope.report.grid import SHORTEST_NAME
from flopscope.units import format_fixed, format_quantity


def columns(comparison: CounterComparison, spell: Callable[[str], str]) -> tuple[TextColumn, ...]:
    """What each counter prints, that in one unit, and how far it is from ours."""
    return tuple(_columns(comparison, comparison.accounts, spell))


def _columns(
    comparison: CounterComparison, accounts: tuple[Account, ...], spell: Callable[[str], str]
) -> Iterator[TextColumn]:
    report = comparison.report
    least = "≥" if report.uncounted else ""

    def cells(own: str, others: Callable[[Account], str]) -> list[str]:
        return [spell(cell) for cell in (own, *map(others, accounts))]

    names = cells(f"flopscope {report.environment.flopscope}", titled)
    yield TextColumn("Counter", names, 10, in_words=True, least=SHORTEST_NAME)
    yield TextColumn("Prints", cells("MACs and FLOPs", _prints), 7, in_words=True)
    macs = cells(f"{least}{_quantity(report.macs)}", lambda account: _quantity(account.macs))
    yield TextColumn("MACs", align(macs), 9)
    flops = cells(f"{least}{_quantity(report.flops)}", _flops)
    yield TextColumn("FLOPs", align(flops), 6)
    against = cells("", lambda account: _against(account.difference(report.macs)))
    yield TextColumn("Against ours", align(against), 8)
    params = cells(_quantity(report.params), lambda account: _params(account, report.params))
    yield TextColumn("Params", align(params), 5)
    times = cells(_duration(comparison.seconds), lambda account: _duration(account.seconds))
    yield TextColumn("Time", align(times), 4)


def _prints(account: Account) -> str:
    """What it prints; that it only would, where it was not run."""
    would = "would print " if account.reading is None and account.figure is not None else ""
    return f"{would}{printed(account)}"


def _flops(account: Account) -> str:
    return _quantity(None if account.macs is None else 2 * account.macs)


def _params(account: Account, ours: int) -> str:
    mark = "" if account.params in {None, ours} else f" {DIFFERS}"
    return f"{_quantity(account.params)}{mark}"


def _duration(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else format_quantity(seconds, "s")


def _quantity(value: float | None) -> str:
    return UNKNOWN if value is None else format_quantity(value, decimals=2)


def _against(part: float | None) -> str:
    if not part:
        return UNKNOWN if part is None else "same"
    return ("-" if part < 0 else "+") + format_fixed(100 * abs(part), 2, "%")
