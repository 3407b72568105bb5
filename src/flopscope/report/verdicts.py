"""What became of budgets, as lines of text: for a terminal, and as marks on a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from flopscope.analysis.difference import Difference
from flopscope.analysis.verdicts import Check, Verdict
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.characters import spelling
from flopscope.report.difference import headline, percent, totals_of
from flopscope.units import format_quantity, many

RenderVerdicts: TypeAlias = Callable[[Sequence[Verdict], View], str]

VERDICT_FORMATS: Registry[RenderVerdicts] = Registry(
    {
        "table": "flopscope.report.verdicts:render",
        "markdown": "flopscope.report.verdicts_markdown:render",
        "json": "flopscope.report.verdicts_files:render_json",
        "junit": "flopscope.report.verdicts_files:render_junit",
        "metrics": "flopscope.report.verdicts_files:render_metrics",
    }
)
"""How verdicts can be shown."""

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
            blamed = ", ".join(
                f"{name} {amount_of(check, amount)}" for name, amount in check.blamed
            )
            yield f"{sentence(check)}" + (f"; most of it: {blamed}" if blamed else "")


def sentence(check: Check) -> str:
    """A figure and its limit, for a reader."""
    if check.value is None:
        return f"{TITLES[check.figure]} is not known"
    value, limit = amount_of(check, check.value), amount_of(check, check.limit)
    over = check.value > check.limit
    if value == limit and over:
        value, limit = f"{check.value:,.0f}", f"{check.limit:,.0f}"
    said = f"{TITLES[check.figure]} {value} {'exceeds' if over else 'within'} {limit}"
    if check.baseline:
        return f"{said} ({percent(check.value / check.baseline - 1)} against the baseline)"
    return said


def workflow_commands(verdicts: Sequence[Verdict], path: str | None) -> Iterator[str]:
    """Workflow commands that mark the file of budgets on GitHub, or the job where it is None."""
    place = "" if path is None else f"file={_command(path, of_property=True)},"
    for verdict in verdicts:
        for reason in reasons(verdict):
            title = _command(f"flopscope: {verdict.name}", of_property=True)
            yield f"::error {place}title={title}::{_command(reason)}"


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
        if verdict.change is not None:
            yield f"      {_said_of(verdict.change)}"


def _said_of(change: Difference) -> str:
    """What changed, in a line: ``"net at main → net: 1 module: 1 changed; MACs +7 k (+50%)"``."""
    grown = [
        f"{total.title} {total.change}"
        for total in totals_of(change.before, change.after)
        if total.change not in ("=", "-")
    ]
    said = f"{change.before.name} → {change.after.name}: {headline(change)}"
    return f"{said}; {', '.join(grown)}" if grown else said


def amount_of(check: Check, amount: float) -> str:
    """So much of what a check is of, for a reader."""
    unit = "B" if check.figure in ("bytes", "memory") else ""
    return format_quantity(amount, unit)


def _command(text: str, *, of_property: bool = False) -> str:
    """Text as a workflow command takes it."""
    escapes = {"%": "%25", "\r": "%0D", "\n": "%0A"}
    if of_property:
        escapes |= {":": "%3A", ",": "%2C"}
    for character, code in escapes.items():
        text = text.replace(character, code)
    return text
