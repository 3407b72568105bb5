"""What became of budgets in GitHub's Markdown: for a job's summary and for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flopscope.analysis.verdicts import Verdict
from flopscope.report import View
from flopscope.report.difference import percent
from flopscope.report.difference_markdown import MOST_CHARACTERS, section
from flopscope.report.markdown_text import code, fitted, plain, table
from flopscope.report.verdicts import TITLES, amount_of, totals
from flopscope.units import many

MOST_NBYTES = 2**20
"""What GitHub takes for the summary of a step."""

_ROOM = 512
"""Bytes that are left to who adds a line of their own."""


def render(verdicts: Sequence[Verdict], view: View) -> str:
    """A table of all limits, and what changed in each model; as large as a comment may be."""
    del view
    return _fitted(verdicts, MOST_CHARACTERS)


def summary(verdicts: Sequence[Verdict]) -> str:
    """The same, as large as the summary of a step may be."""
    return _fitted(verdicts, MOST_NBYTES)


def _fitted(verdicts: Sequence[Verdict], most_nbytes: int) -> str:
    room = most_nbytes - _ROOM
    first = f"### flopscope: {totals(verdicts)}\n\n{_table(verdicts, room // 2)}"
    left = room - len(first.encode())
    return "\n\n".join((first, *fitted(_sections(verdicts), left)))


def _table(verdicts: Sequence[Verdict], room: int) -> str:
    """The limits, those of broken budgets first, as many as there is room for."""
    rows = [
        row
        for verdict in sorted(verdicts, key=lambda verdict: verdict.is_kept)
        for row in _rows(verdict)
    ]
    shown = []
    for row in rows:
        room -= len(" | ".join(row).encode()) + len("|  |\n")
        if room < 0:
            break
        shown.append(row)
    titles = ("", "budget", "figure", "is", "limit", "blame")
    text = table(titles, (True, True, True, False, False, True), shown)
    more = len(rows) - len(shown)
    return f"{text}\n\nand {many(more, 'more limit')}" if more else text


def _rows(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    name = code(verdict.name)
    if verdict.failure:
        yield "❌", name, "", "", "", plain(verdict.failure)
    for check in verdict.checks:
        value = "?" if check.value is None else amount_of(check, check.value)
        grown = percent(check.value / check.baseline - 1) if check.value and check.baseline else ""
        blamed = ", ".join(f"{code(scope)} {amount_of(check, by)}" for scope, by in check.blamed)
        mark = "✅" if check.is_kept else "❌"
        limit = amount_of(check, check.limit)
        yield mark, name, TITLES[check.figure], f"{value} {grown}".rstrip(), limit, blamed


def _sections(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, str]]:
    """What to know beside the limits, and what changed; each with a name for it."""
    notes = [
        f"- {code(verdict.name)}: {plain(note)}" for verdict in verdicts for note in verdict.notes
    ]
    if notes:
        yield "notes", "\n".join(notes)
    changes = [(verdict.name, verdict.change) for verdict in verdicts if verdict.change is not None]
    same = [code(name) for name, change in changes if change.is_empty]
    if same:
        yield "what is the same", f"No module differs in {', '.join(same)}."
    for name, change in changes:
        if not change.is_empty:
            yield code(name), section(change)
