"""What changed between two reports, as a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.difference import Difference
from flopscope.report import View
from flopscope.report.difference import cells_of, headline, shown_changes, totals_of

MOST_CHARACTERS = 65_536
"""What GitHub takes for a comment."""


def render(found: Difference, view: View) -> str:
    """A table of totals, and the modules to blame folded below it."""
    del view
    return "\n".join(_lines(found))[:MOST_CHARACTERS]


def _lines(found: Difference) -> Iterator[str]:
    yield f"### {_escaped(found.before.name)} → {_escaped(found.after.name)}"
    yield ""
    yield "| | before | after | change |"
    yield "|---|---:|---:|---:|"
    for total in totals_of(found.before, found.after):
        before, after = total.text(total.before), total.text(total.after)
        grown = total.change if total.change in "=-" else f"**{total.change}**"
        yield f"| {total.title} | {before} | {after} | {grown} |"
    yield ""
    shown, more = shown_changes(found)
    if not shown:
        yield headline(found).capitalize() + "."
        return
    yield f"<details><summary>{headline(found)}</summary>"
    yield ""
    yield "| | module | type | params | MACs | FLOPs |"
    yield "|---|---|---|---:|---:|---:|"
    for change in shown:
        sign, name, kind, *figures = cells_of(change)
        yield f"| `{sign}` | `{name}` | {_escaped(kind)} | {' | '.join(figures)} |"
    if more:
        yield f"| | and {more} more | | | | |"
    yield ""
    yield "</details>"


def _escaped(text: str) -> str:
    """Text in which nothing is markup."""
    for character in "\\`*_{}[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text
