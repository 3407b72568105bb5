"""What changed between two reports, as text: totals, and the modules to blame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.analysis.difference import Change, Difference
from flopscope.analysis.written import Counts, Written
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.cells import TextColumn, text_table
from flopscope.report.characters import spelling
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

SHOWN = 20
"""Changes that a reader is shown; JSON has all of them."""

SIGNS = {"added": "+", "removed": "-", "renamed": ">", "changed": "~"}


@dataclass(frozen=True, slots=True)
class Total:
    """A figure of a whole model in both reports.

    Attributes:
        name: what it is, as in a budget.
        title: what a reader knows it by.
        unit: of its values, or "" for a count.
        before, after: None where a report doesn't have it.
    """

    name: str
    title: str
    unit: str
    before: float | None
    after: float | None

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
        return delta if self.growth is None else f"{delta} ({percent(self.growth)})"


def totals_of(before: Written, after: Written) -> tuple[Total, ...]:
    """The figures of both models that a reviewer looks at, those that neither has left out."""
    one, two = before.model.counts, after.model.counts
    found = (
        Total("params", "Params", "", one.params, two.params),
        Total("macs", "MACs", "", one.macs, two.macs),
        Total("flops", "FLOPs", "", one.flops, two.flops),
        Total("bytes", "Moved", "B", one.bytes_moved, two.bytes_moved),
        Total("memory", "Memory", "B", before.memory_nbytes, after.memory_nbytes),
        Total("time", "Time", "s", _seconds(before), _seconds(after)),
    )
    return tuple(total for total in found if (total.before, total.after) != (None, None))


def _seconds(report: Written) -> float | None:
    return None if report.run is None else report.run.seconds


def signed(amount: float, unit: str = "") -> str:
    """A difference with its sign: ``"+1.20 M"``."""
    return f"{'+' if amount > 0 else ''}{format_quantity(amount, unit)}" if amount else "="


def percent(part: float) -> str:
    """A growth: ``"+4.2%"``."""
    return f"{'-' if part < 0 else '+'}{format_fixed(abs(100 * part), 1, '%')}"


def headline(found: Difference) -> str:
    """The verdict in a line."""
    if found.is_empty:
        return "no module differs"
    kinds = [change.kind for change in found.changes]
    said = [f"{kinds.count(kind)} {kind}" for kind in SIGNS if kind in kinds]
    modules = many(len(kinds), "module")
    work = "" if found.costliest else ", no figure differs"
    return f"{modules}: {', '.join(said)}{work}"


def cells_of(change: Change) -> tuple[str, ...]:
    """A change for a reader: sign, name, type, and what it adds."""
    before, after = change.counts
    return (
        SIGNS[change.kind],
        name_of(change),
        type_of(change),
        *(
            signed(getattr(after, each) - getattr(before, each))
            for each in ("params", "macs", "flops")
        ),
    )


def name_of(change: Change) -> str:
    """The module, and its new name where it has one."""
    if change.before is None or change.after is None or change.before.scope == change.after.scope:
        return change.scope or "the model itself"
    return f"{change.before.scope} → {change.after.scope}"


def type_of(change: Change) -> str:
    """The module's type, and its new one where it has one."""
    kinds = dict.fromkeys(layer.kind for layer in (change.before, change.after) if layer)
    return " → ".join(kinds)


def shown_changes(found: Difference) -> tuple[tuple[Change, ...], int]:
    """The costliest changes, then those of names; and how many more there are."""
    names = tuple(change for change in found.changes if not change.is_work)
    ordered = (*found.costliest, *names)
    return ordered[:SHOWN], max(0, len(ordered) - SHOWN)


def render(found: Difference, view: View) -> str:
    """Totals and changes as a table of plain text."""
    spell = spelling(view)
    lines = [f"{found.before.name} → {found.after.name}", *_described(found), ""]
    totals = totals_of(found.before, found.after)
    rows = [
        (total.title, total.text(total.before), total.text(total.after), total.change)
        for total in totals
    ]
    lines += _table(("", "Before", "After", "Change"), rows, words=1)
    lines += ["", headline(found)]
    shown, more = shown_changes(found)
    if shown:
        titles = ("", "Module", "Type", "Params", "MACs", "FLOPs")
        lines += ["", *_table(titles, [cells_of(change) for change in shown], words=3)]
    if more:
        lines.append(f"and {more} more: --format json has all of them")
    return "\n".join(spell(line).rstrip() for line in lines)


def _described(found: Difference) -> Iterator[str]:
    """What makes the two hard to compare."""
    for what, before, after in (
        ("target", found.before.target, found.after.target),
        ("inputs", found.before.inputs, found.after.inputs),
        ("torch", found.before.versions["torch"], found.after.versions["torch"]),
    ):
        if before != after:
            yield f"not the same {what}: {_plain(before)} and {_plain(after)}"


def _plain(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    return ", ".join(f"{'×'.join(map(str, shape))} {dtype}" for _, shape, dtype in value) or "none"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], words: int) -> tuple[str, ...]:
    """Rows in columns, the first ones of words, the others of numbers."""
    columns = [
        TextColumn(title, cells if place < words else align(list(cells)), 0, place < words)
        for place, (title, cells) in enumerate(zip(titles, zip(*rows, strict=True), strict=True))
    ]
    *lines, _last_rule = text_table(columns, width=None).lines
    return tuple(lines)


def counts_document(counts: Counts) -> dict[str, int]:
    """Counts as JSON has them."""
    return {
        "params": counts.params,
        "macs": counts.macs,
        "flops": counts.flops,
        "bytes_moved": counts.bytes_moved,
    }
