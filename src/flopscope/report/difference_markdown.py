"""What changed between two reports, as a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.difference import Difference
from flopscope.report import View
from flopscope.report.characters import referenced
from flopscope.report.difference import Total, cautions, headline, subject, totals_of
from flopscope.report.difference_rows import figures_of, shown_groups
from flopscope.report.markdown_text import code, fitted, folded, plain, table
from flopscope.units import many

MOST_CHARACTERS = 65_536
"""What GitHub takes for a comment. Bytes are held against it, which are never fewer."""


def render(found: Difference, view: View) -> str:
    """The difference as large as a comment may be."""
    return "\n\n".join(
        fitted(((name, referenced(text, view)) for name, text in _parts(found)), MOST_CHARACTERS)
    )


def section(found: Difference) -> str:
    """All of it, as a part of a longer text."""
    return "\n\n".join(text for _, text in _parts(found))


def _parts(found: Difference) -> Iterator[tuple[str, str]]:
    """What is compared, what makes that hard, a table of totals, and folded below it the changes.

    Each with a name.
    """
    yield "names", f"### {code(found.before.name)} → {code(found.after.name)}"
    about = subject(found)
    if about:
        yield "subject", plain(about)
    said = "\n".join(f"> {plain(line)}<br>" for line in cautions(found))
    if said:
        yield "cautions", f"> [!WARNING]\n{said}"
    totals = map(_total, totals_of(found.before, found.after))
    titles = ("", "before", "after", "change")
    yield "totals", table(titles, (True, False, False, False), totals)
    yield "changes", _changes(found)


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
