"""The figures that a page draws, as arrays over its modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from flopscope.report.characters import printable
from flopscope.report.column import Value
from flopscope.report.columns import available_columns
from flopscope.report.limits import MEMORY
from flopscope.report.palette import COLORS
from flopscope.report.rows import Row, runs_of
from flopscope.report.unit import BYTES, COUNT, NUMBER, PERCENT, SECONDS, WORDS, Unit
from flopscope.report.weights import weights_of
from flopscope.units import format_quantity

if TYPE_CHECKING:
    from flopscope.report import Report

Object: TypeAlias = dict[str, Any]

EXACT = Unit("exact", "{:,}".format)
"""A count that is shown in full."""


def page_data(report: Report, weight: str, *, fold: bool) -> Object:
    """Every module in pre-order, every operator, and the machine's roofline or None.

    A column is its title, its unit and a value for each row, None where that is unknown. Columns
    without any value are left out. Words are numbers into a list of the different ones. Of alike
    siblings there is the first one's place, and how many they are.
    """
    return {
        "scopes": [printable(scope) for scope in report.modules],
        "parents": list(_parents(report)),
        "runs": list(_runs(report)),
        "fold": fold,
        "calls": [node.spec.calls for node in report.modules.values()],
        "incomplete": [int(scope in report.incomplete) for scope in report.modules],
        "columns": _modules(report),
        "weights": [
            {
                "name": each.name,
                "title": each.title,
                "unit": each.unit.name,
                "own": [each.own(node, report) for node in report.modules.values()],
            }
            for each in weights_of(report)
        ],
        "weight": weight,
        "colors": len(COLORS),
        "operators": _operators(report),
        "roofline": _roofline(report),
    }


def _parents(report: Report) -> Iterator[int]:
    """The place of the module that holds each; -1 of the model."""
    places = {scope: place for place, scope in enumerate(report.modules)}
    return (places[scope.rpartition(".")[0]] if scope else -1 for scope in report.modules)


def _runs(report: Report) -> Iterator[tuple[int, int]]:
    places = {scope: place for place, scope in enumerate(report.modules)}
    for node in report.modules.values():
        yield from ((places[nodes[0].scope], len(nodes)) for nodes in runs_of(node))


def _modules(report: Report) -> list[Object]:
    """The columns of the table and those on request, the names of modules aside."""
    rows = [Row(node.name, (node,)) for node in report.modules.values()]
    columns = []
    for column in available_columns(report):
        values = [column.value(row, report) for row in rows]
        is_known = any(value is not None for value in values)
        if column.name == "module" or column.of_models or not is_known:
            continue
        written = _column(column.name, column.title, column.unit, values)
        at_least = column.kind == "arithmetic"
        columns.append({**written, "shown": column.shown(report), "atLeast": at_least})
    return columns


def _operators(report: Report) -> list[Object]:
    totals = report.operators
    seconds: Mapping[str, float] = report.timing.operator_seconds if report.timing else {}
    costs = [total.cost if total.coverage != "uncounted" else None for total in totals]
    macs = [None if cost is None else cost.macs for cost in costs]
    flops = [None if cost is None else cost.flops for cost in costs]
    whole = report.flops
    columns = [
        _column("op", "Operator", WORDS, [total.op for total in totals]),
        _column("coverage", "Coverage", WORDS, [total.coverage for total in totals]),
        _column("calls", "Calls", EXACT, [total.calls for total in totals]),
        _column("macs", "MACs", COUNT, macs),
        _column("flops", "FLOPs", COUNT, flops),
        _column("share", "% FLOPs", PERCENT, [_percent(each, whole) for each in flops]),
        _column("bytes", "Moved", BYTES, [total.cost.bytes_moved for total in totals]),
        _column("time", "Time", SECONDS, [seconds.get(total.op) for total in totals]),
    ]
    return [column for column in columns if _has_values(column)]


def _percent(part: int | None, whole: int) -> float | None:
    return 100 * part / whole if part is not None and whole else None


def _has_values(column: Object) -> bool:
    return any(value is not None for value in column["values"])


def _column(name: str, title: str, unit: Unit, values: Sequence[Value]) -> Object:
    written: Object = {"name": name, "title": title, "unit": unit.name}
    if unit is not WORDS:
        return {
            **written,
            "values": _rounded(values) if unit in {PERCENT, NUMBER} else list(values),
        }
    words = list(dict.fromkeys(printable(str(value or "")) for value in values))
    places = {word: place for place, word in enumerate(words)}
    return {
        **written,
        "words": words,
        "values": [places[printable(str(value or ""))] for value in values],
    }


def _rounded(values: Sequence[Value]) -> list[Value]:
    """What is shown with one digit after the point, with a few more to sort by."""
    return [float(f"{value:.7g}") if isinstance(value, float) else value for value in values]


def _roofline(report: Report) -> Object | None:
    ideals = report.ideals
    if ideals is None or report.timing is None or not report.timing.module_seconds:
        return None
    limits = ideals.machine.limits(ideals.dtype, MEMORY)
    peak, bandwidth = limits.flops_per_second, limits.bytes_per_second
    if peak is None or bandwidth is None:
        return None
    cache = ideals.machine.bytes_per_second(0)
    most = (
        f"{format_quantity(peak, 'FLOP/s')} in {ideals.dtype}, {format_quantity(bandwidth, 'B/s')}"
    )
    return {
        "peak": peak,
        "bandwidth": bandwidth,
        "cache": cache if cache is not None and cache > bandwidth else None,
        "limits": f"{printable(ideals.machine.name)} ({ideals.machine.origin}): at most {most}",
    }
