"""What changed between two reports, as a comment on a pull request."""

from __future__ import annotations

from flopscope.analysis.difference import Difference
from flopscope.report import View
from flopscope.report.characters import referenced
from flopscope.report.difference import Total, cautions, headline, subject, totals_of
from flopscope.report.difference_rows import figures_of, shown_groups
from flopscope.report.markdown_text import code, fitted, folded, plain, table
from flopscope.units import many

MOST_BYTES = 65_536
"""What GitHub takes for a comment."""


def render(found: Difference, view: View) -> str:
    """A table of totals, what makes the two hard to compare, and the changes folded below it."""
    names = f"{code(found.before.name)} → {code(found.after.name)}"
    said = "\n".join(f"> {plain(line)}<br>" for line in cautions(found))
    totals = table(
        ["", "before", "after", "change"],
        [True, False, False, False],
        map(_total, totals_of(found.before, found.after)),
    )
    sections = (
        ("names", f"### {names}"),
        ("subject", plain(subject(found))),
        ("cautions", f"> [!WARNING]\n{said}" if said else ""),
        ("totals", totals),
        ("changes", _changes(found)),
    )
    kept = ((name, referenced(text, view)) for name, text in sections if text)
    return "\n\n".join(fitted(kept, MOST_BYTES))


def _total(total: Total) -> tuple[str, ...]:
    change = total.change if total.change in "=-" else f"**{plain(total.change)}**"
    return total.title, total.text(total.before), total.text(total.after), change


def _changes(found: Difference) -> str:
    shown, more = shown_groups(found)
    if not shown:
        return f"{plain(headline(found)).capitalize()}."
    figures = figures_of(shown)
    listed = table(
        ["", "module", "type", *(figure.title for figure in figures)],
        [True, True, True, *(False for _ in figures)],
        (
            [
                code(group.sign),
                code(group.label),
                plain(group.type),
                *(group.text(figure).replace(" ", "&nbsp;") for figure in figures),
            ]
            for group in shown
        ),
    )
    told = f"{listed}\n\n*And {many(more, 'more module')}.*" if more else listed
    return folded(headline(found), told)
