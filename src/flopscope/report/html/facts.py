"""What a report says in words, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from flopscope.report.characters import printable
from flopscope.report.sizes import memory_of
from flopscope.report.summary import Fact, heading, summary
from flopscope.units import format_bytes, format_quantity, many

if TYPE_CHECKING:
    from flopscope.report import Report


def said(text: str) -> str:
    """Any text, as it is shown."""
    return escape(printable(text))


def inputs_of(report: Report) -> str:
    """The inputs and the device in a line."""
    facts = (f"<b>{said(fact.label)}</b> {said(', '.join(fact.lines))}" for fact in heading(report))
    return "<br>".join(facts)


def tiles_of(report: Report) -> str:
    """The totals, the exact figure below the short one."""
    return "".join(
        f"<div><dt>{said(label)}</dt><dd>{said(short)}<small>{said(exact)}</small></dd></div>"
        for label, short, exact in _tiles(report)
    )


def _tiles(report: Report) -> Iterator[tuple[str, str, str]]:
    least = "≥ " if report.uncounted else ""
    yield "MACs", least + format_quantity(report.macs), f"{report.macs:,}"
    yield "FLOPs", least + format_quantity(report.flops), f"{report.flops:,}"
    yield "Params", format_quantity(report.params), f"{report.params:,}"
    moved = report.bytes_moved
    yield "Moved", format_bytes(moved), f"{moved:,} B"
    memory = memory_of(report)
    if memory is not None:
        activations = f"{format_bytes(memory.activations)} of it activations"
        yield "Memory", format_bytes(memory.total), activations
    if report.timing is not None:
        median = report.timing.median_seconds
        yield "Time", format_quantity(median, "s"), f"median on {report.timing.device}"


def warnings_of(report: Report) -> str:
    """A box for each thing that is not as it should be; nothing where all is well."""
    bad = [fact for fact in summary(report) if fact.tone == "bad"]
    return "".join(
        f'<aside class="warning" aria-label="{said(fact.label)}">'
        f"<b>{said(fact.label)}</b>{_listed(fact.lines)}</aside>"
        for fact in bad
    )


def status_of(report: Report) -> str:
    """How far the figures can be trusted, in a line that leads to the whole."""
    missed = sum(entry.calls for entry in report.uncounted)
    parts = [
        f"{many(missed, 'call')} not counted" if missed else "every operator counted",
        many(sum(assumption.calls for assumption in report.assumptions), "assumption"),
        many(len(report.notes) + len(report.timing.notes if report.timing else ()), "note"),
    ]
    return " · ".join(f'<a href="#facts">{said(part)}</a>' for part in parts)


def facts_of(report: Report) -> str:
    """Everything that is said, as a list of labels and lines."""
    return _definitions((*heading(report), *summary(report)))


def _definitions(facts: Iterable[Fact]) -> str:
    return "".join(
        f'<div class="{fact.tone}"><dt>{said(fact.label)}</dt>'
        f"{''.join(f'<dd>{said(line)}</dd>' for line in fact.lines)}</div>"
        for fact in facts
    )


def _listed(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{said(line)}</li>' for line in lines)}</ul>"
