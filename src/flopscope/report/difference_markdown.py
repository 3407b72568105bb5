"""What changed between two reports, as a comment on a pull request."""

from __future__ import annotations

from flopscope.analysis.difference import Change, Difference
from flopscope.report import View
from flopscope.report.difference import cells_of, headline, shown_changes, totals_of
from flopscope.report.markdown_text import code, folded, plain, table

MOST_CHARACTERS = 65_536
"""What GitHub takes for a comment."""


def render(found: Difference, view: View) -> str:
    """A table of totals, and the modules to blame folded below it."""
    del view
    return section(found)[:MOST_CHARACTERS]


def section(found: Difference) -> str:
    """The same as a part of a document."""
    rows = []
    for total in totals_of(found.before, found.after):
        grown = total.change if total.change in "=-" else f"**{total.change}**"
        rows.append((total.title, total.text(total.before), total.text(total.after), grown))
    return "\n\n".join(
        (
            f"### {plain(found.before.name)} → {plain(found.after.name)}",
            table(("", "before", "after", "change"), (True, False, False, False), rows),
            f"{headline(found).capitalize()}."
            if found.is_empty
            else folded(headline(found), _changes(found)),
        )
    )


def _changes(found: Difference) -> str:
    shown, more = shown_changes(found)
    titles = ("", "module", "type", "params", "MACs", "FLOPs")
    text = table(titles, (True, True, True, False, False, False), map(_row, shown))
    return f"{text}\n\nand {more} more" if more else text


def _row(change: Change) -> tuple[str, ...]:
    sign, name, kind, *figures = cells_of(change)
    return (code(sign), code(name), plain(kind), *figures)
