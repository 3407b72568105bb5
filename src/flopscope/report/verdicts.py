"""What became of budgets, as lines of text: for a terminal, a job's summary and its annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from flopscope.analysis.verdicts import Check, Verdict
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.characters import spelling
from flopscope.report.difference import percent
from flopscope.units import format_quantity, many

RenderVerdicts: TypeAlias = Callable[[Sequence[Verdict], View], str]

VERDICT_FORMATS: Registry[RenderVerdicts] = Registry(
    {
        "table": "flopscope.report.verdicts:render",
        "markdown": "flopscope.report.verdicts:render_markdown",
        "json": "flopscope.report.verdicts_files:render_json",
        "junit": "flopscope.report.verdicts_files:render_junit",
        "metrics": "flopscope.report.verdicts_files:render_metrics",
    }
)
"""How verdicts can be shown."""

MOST_NBYTES = 2**20
"""What GitHub takes for the summary of a step."""

TITLES = {
    "params": "params",
    "macs": "MACs",
    "flops": "FLOPs",
    "bytes": "moved",
    "memory": "memory",
}


def render(verdicts: Sequence[Verdict], view: View) -> str:
    """A line for each budget, and below it one for each limit that is broken."""
    spell = spelling(view)
    return "\n".join(spell(line) for line in (*_lines(verdicts), "", totals(verdicts)))


def render_markdown(verdicts: Sequence[Verdict], view: View) -> str:
    """The same as a table of GitHub's Markdown, as large as a summary may be."""
    del view
    lines = [f"### flopscope: {totals(verdicts)}", "", "| | budget | figure | is | limit | blame |"]
    lines.append("|---|---|---|---:|---:|---|")
    for verdict in sorted(verdicts, key=lambda verdict: verdict.is_kept):
        lines += _rows(verdict)
    while len("\n".join(lines).encode()) > MOST_NBYTES:
        lines.pop()
    return "\n".join(lines)


def totals(verdicts: Sequence[Verdict]) -> str:
    """How many of them are kept."""
    broken = sum(not verdict.is_kept for verdict in verdicts)
    kept = f"{many(len(verdicts) - broken, 'budget')} kept"
    return f"{kept}, {broken} broken" if broken else kept


def reasons(verdict: Verdict) -> Iterator[str]:
    """Why a budget is broken, a line for each limit."""
    if verdict.failure:
        yield verdict.failure + (f" ({verdict.hint})" if verdict.hint else "")
    for check in verdict.checks:
        if not check.is_kept:
            blamed = ", ".join(f"{name} {_text(check, amount)}" for name, amount in check.blamed)
            yield f"{sentence(check)}" + (f"; most of it: {blamed}" if blamed else "")


def sentence(check: Check) -> str:
    """A figure and its limit, for a reader."""
    if check.value is None:
        return f"{TITLES[check.figure]} is not known"
    value, limit = _text(check, check.value), _text(check, check.limit)
    over = check.value > check.limit
    if value == limit and over:
        value, limit = f"{check.value:,.0f}", f"{check.limit:,.0f}"
    said = f"{TITLES[check.figure]} {value} {'exceeds' if over else 'within'} {limit}"
    if check.baseline:
        return f"{said} ({percent(check.value / check.baseline - 1)} against the baseline)"
    return said


def workflow_commands(verdicts: Sequence[Verdict], path: str) -> Iterator[str]:
    """Workflow commands that mark the file of budgets on GitHub."""
    for verdict in verdicts:
        for reason in reasons(verdict):
            title = _command(f"flopscope: {verdict.name}", of_property=True)
            where = f"file={_command(path, of_property=True)},title={title}"
            yield f"::error {where}::{_command(reason)}"


def _lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    width = max(len(verdict.name) for verdict in verdicts)
    for verdict in verdicts:
        mark = "pass" if verdict.is_kept else "FAIL"
        kept = ", ".join(sentence(check) for check in verdict.checks if check.is_kept)
        yield f"{mark}  {verdict.name.ljust(width)}  {kept}".rstrip()
        for reason in reasons(verdict):
            yield f"      {reason}"
        for note in verdict.notes:
            yield f"      note: {note}"


def _rows(verdict: Verdict) -> Iterator[str]:
    name = f"`{verdict.name}`"
    if verdict.failure:
        yield f"| ❌ | {name} | | | | {_cell(verdict.failure)} |"
    for check in verdict.checks:
        value = "?" if check.value is None else _text(check, check.value)
        grown = percent(check.value / check.baseline - 1) if check.value and check.baseline else ""
        blamed = ", ".join(f"`{scope}` {_text(check, amount)}" for scope, amount in check.blamed)
        mark = "✅" if check.is_kept else "❌"
        cells = (mark, name, TITLES[check.figure], f"{value} {grown}".rstrip())
        yield f"| {' | '.join(cells)} | {_text(check, check.limit)} | {blamed} |"


def _text(check: Check, amount: float) -> str:
    unit = "B" if check.figure in ("bytes", "memory") else ""
    return format_quantity(amount, unit)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _command(text: str, *, of_property: bool = False) -> str:
    """Text as a workflow command takes it."""
    escapes = {"%": "%25", "\r": "%0D", "\n": "%0A"}
    if of_property:
        escapes |= {":": "%3A", ",": "%2C"}
    for character, code in escapes.items():
        text = text.replace(character, code)
    return text
