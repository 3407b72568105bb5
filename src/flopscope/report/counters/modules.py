"""The MACs of each module, as we count them and as other counters do, the differences marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from flopscope.report import View
from flopscope.report.cells import TextColumn
from flopscope.report.columns import available_columns, column_named
from flopscope.report.counters import Account, CounterComparison
from flopscope.report.counters.naming import DIFFERS, UNKNOWN
from flopscope.report.fitting import align
from flopscope.report.grid import SHORTEST_NAME
from flopscope.report.outline import Line, outline
from flopscope.report.summary import Fact
from flopscope.units import format_quantity


def module_columns(
    comparison: CounterComparison, view: View, spell: Callable[[str], str]
) -> tuple[TextColumn, ...]:
    """A line for each module down to the view's depth; of the counters those that have modules."""
    return tuple(_columns(comparison, view, spell))


def module_legend(columns: Sequence[TextColumn], spell: Callable[[str], str]) -> Iterator[Fact]:
    """What the marks among the modules mean, of those that there are."""
    cells = {cell.strip() for column in columns for cell in column.cells}
    if any(cell.endswith(spell(DIFFERS)) for cell in cells):
        yield Fact(DIFFERS, ("not what flopscope counts",))
    if UNKNOWN in cells:
        yield Fact(UNKNOWN, ("the counter gives this module no figure",))


def _columns(
    comparison: CounterComparison, view: View, spell: Callable[[str], str]
) -> Iterator[TextColumn]:
    report = comparison.report
    macs = column_named("macs", report)
    lines = outline(report, (macs,), view)

    def cells(of_line: Callable[[Line], str]) -> list[str]:
        return [spell(of_line(line)) for line in lines]

    def named(line: Line) -> str:
        return f"{line.guides}{line.row.name} {line.row.times}".rstrip()

    yield TextColumn("Module", cells(named), 10, in_words=True, least=2 * SHORTEST_NAME)
    kinds = cells(lambda line: column_named("type", report).cell(line.row, report))
    yield TextColumn("Type", kinds, 1, in_words=True, least=SHORTEST_NAME)
    yield TextColumn("flopscope", align(cells(lambda line: macs.cell(line.row, report))), 9)
    for account in comparison.accounts:
        if account.reading is not None and set(account.reading.modules) - {""}:
            figures = _figures(account, comparison)
            yield TextColumn(account.name, align(cells(figures)), 5)


def _figures(account: Account, comparison: CounterComparison) -> Callable[[Line], str]:
    """What a counter gives a line, in MACs."""
    report = comparison.report
    columns = {column.name: column for column in available_columns(report)}
    per_mac = 2 if account.unit == "FLOPs" else 1

    def figure(line: Line) -> str:
        value = columns[account.name].value(line.row, report)
        if not isinstance(value, int | float):
            return UNKNOWN
        mark = f" {DIFFERS}" if value != per_mac * line.row.cost.macs else ""
        macs = value if per_mac == 1 else value / per_mac
        return f"{format_quantity(macs, decimals=2)}{mark}"

    return figure
