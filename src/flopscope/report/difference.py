"""What changed between two reports, as text: totals, and the modules to blame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.analysis.difference import Difference
from flopscope.analysis.written import Counts, Written
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.cells import TextColumn, text_table
from flopscope.report.characters import spelling
from flopscope.report.difference_rows import SIGNS, Group, figures_of, shown_groups, signed
from flopscope.report.fitting import align
from flopscope.units import format_fixed, format_quantity, many

RenderDifference: TypeAlias = Callable[[Difference, View], str]

DIFFERENCE_FORMATS: Registry[RenderDifference] = Registry(
    {
        "table": "flopscope.report.difference:render",
        "markdown": "flopscope.report.difference_markdown:render",
        "json": "flopscope.report.difference_json:render",
    }
)
"""How a difference can be shown."""

SHOWN_OPERATORS = 5
"""Of those that were not counted."""

SHORTEST_NAME, SHORTEST_TYPE = 24, 12
"""Cells that a module's name and type are shortened to where space is short."""

IMPORTANCE = {"FLOPs": 80, "Params": 70, "MACs": 60, "Moved": 50}


@dataclass(frozen=True, slots=True)
class Total:
    """A figure of a whole model in both reports.

    Attributes:
        name: what it is, as in a budget.
        title: what a reader knows it by.
        unit: of its values, or "" for a count.
        before, after: None where a report doesn't have it.
        error: how far the difference of the two may be off, by how they were measured.
    """

    name: str
    title: str
    unit: str
    before: float | None
    after: float | None
    error: float = 0.0

    @property
    def growth(self) -> float | None:
        """The change as a part of what was before."""
        if self.before is None or self.after is None:
            return None
        if not self.before:
            return None if self.after else 0.0
        return self.after / self.before - 1

    def text(self, value: float | None) -> str:
        """A value for a reader."""
        return "-" if value is None else format_quantity(value, self.unit)

    @property
    def change(self) -> str:
        """By how much it grew, for a reader."""
        if self.before is None or self.after is None:
            return "-"
        if self.before == self.after:
            return "="
        delta = signed(self.after - self.before, self.unit)
        within = ", within the error" if abs(self.after - self.before) <= self.error else ""
        return delta if self.growth is None else f"{delta} ({percent(self.growth)}{within})"


def totals_of(before: Written, after: Written) -> tuple[Total, ...]:
    """The figures of both models that a reviewer looks at, those that neither has left out."""
    one, two = before.model.counts, after.model.counts
    found = (
        Total("params", "Params", "", one.params, two.params),
        Total("macs", "MACs", "", one.macs, two.macs),
        Total("flops", "FLOPs", "", one.flops, two.flops),
        Total("bytes", "Moved", "B", one.bytes_moved, two.bytes_moved),
        Total("memory", "Memory", "B", before.memory_nbytes, after.memory_nbytes),
        Total("time", "Time", "s", _seconds(before), _seconds(after), _error(before, after)),
    )
    return tuple(total for total in found if (total.before, total.after) != (None, None))


def _seconds(report: Written) -> float | None:
    return None if report.run is None else report.run.seconds


def _error(before: Written, after: Written) -> float:
    """Of the difference of two medians, in seconds."""
    return math.hypot(
        *(run.seconds * (run.error or 0.0) for run in (before.run, after.run) if run is not None)
    )


def percent(part: float) -> str:
    """A growth: ``"+4.2%"``."""
    size, sign = format_fixed(abs(100 * part), 1, "%"), "-" if part < 0 else "+"
    return f"<{sign}{size[1:]}" if size.startswith("<") else f"{sign}{size}"


def headline(found: Difference) -> str:
    """The verdict in a line."""
    if found.is_empty:
        return "no module differs"
    kinds = [change.kind for change in found.changes]
    said = [f"{kinds.count(kind):,} {kind}" for kind in SIGNS if kind in kinds]
    modules = many(len(kinds), "module")
    work = "" if found.costliest else ", no figure differs"
    return f"{modules}: {', '.join(said)}{work}"


def render(found: Difference, view: View) -> str:
    """Totals and changes as tables of plain text, as wide as the view."""
    spell = spelling(view)
    lines = [f"{found.before.name} → {found.after.name}", subject(found), *cautions(found), ""]
    totals = totals_of(found.before, found.after)
    cells = [(each.text(each.before), each.text(each.after), each.change) for each in totals]
    figures = zip(("Before", "After", "Change"), zip(*cells, strict=True), strict=True)
    names = TextColumn("", [total.title for total in totals], 100, in_words=True)
    lines += _lines((names, *(TextColumn(title, each, 50) for title, each in figures)), view)
    lines += ["", headline(found)]
    shown, more = shown_groups(found)
    if shown:
        lines += ["", *_lines(tuple(_columns(shown, spell)), view)]
    if more:
        lines.append(f"and {many(more, 'more module')}: --format json has all of them")
    return "\n".join(spell(line).rstrip() for line in lines)


def subject(found: Difference) -> str:
    """The model and the inputs that both are of, so far as the names of the two don't tell."""
    before, after = found.before, found.after
    said = [before.target] if before.target == after.target not in (before.name, after.name) else []
    said += [f"on {_inputs(before)}"] if _inputs(before) == _inputs(after) else []
    return " ".join(said)


def cautions(found: Difference) -> Iterator[str]:
    """What makes the two hard to compare, and what their figures lack."""
    before, after = found.before, found.after
    if (before.name, after.name) != (before.target, after.target):
        yield from _unlike("target", before.target, after.target)
    yield from _unlike("inputs", _inputs(before), _inputs(after))
    yield from _unlike("torch", before.versions["torch"], after.versions["torch"])
    yield from dict.fromkeys(_lacking(report) for report in (before, after) if report.uncounted)


def _lacking(report: Written) -> str:
    missing = ", ".join(report.uncounted[:SHOWN_OPERATORS])
    more = len(report.uncounted) - SHOWN_OPERATORS
    rest = f" and {many(more, 'more operator')}" if more > 0 else ""
    return f"{report.name} lacks what was not counted: {missing}{rest}"


def _unlike(what: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"not the same {what}: {before} and {after}"


def _inputs(report: Written) -> str:
    shown = (f"{'×'.join(map(str, shape))} {dtype}" for _, shape, dtype in report.inputs)
    return ", ".join(shown) or "none"


def _columns(groups: Sequence[Group], spell: Callable[[str], str]) -> Iterator[TextColumn]:
    """The modules, and the figures that differ; where space is short, FLOPs stay the longest."""
    yield TextColumn("", [group.sign for group in groups], 100, in_words=True)
    labels = [spell(group.label) for group in groups]
    yield TextColumn("Module", labels, 90, in_words=True, least=SHORTEST_NAME)
    kinds = [spell(group.type) for group in groups]
    yield TextColumn("Type", kinds, 40, in_words=True, least=SHORTEST_TYPE)
    for figure in figures_of(groups):
        importance = IMPORTANCE[figure.title]
        yield TextColumn(figure.title, align([group.text(figure) for group in groups]), importance)


def _lines(columns: Sequence[TextColumn], view: View) -> tuple[str, ...]:
    table = text_table(columns, view.width, spelling(view)("…"))
    left_out = ", ".join(table.left_out)
    return (*table.lines[:-1], *([f"left out: {left_out}: too wide"] if left_out else []))


def counts_document(counts: Counts) -> dict[str, int]:
    """Counts as JSON has them."""
    return {
        "params": counts.params,
        "macs": counts.macs,
        "flops": counts.flops,
        "bytes_moved": counts.bytes_moved,
    }
