"""A report as a table for LaTeX, in the style of the package booktabs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from flopscope.report.characters import printable, spelling
from flopscope.report.column import Column
from flopscope.report.columns import columns_of
from flopscope.report.models import columns_of_models, models_of
from flopscope.report.outline import outline
from flopscope.report.summary import complaints, heading, summary, summary_of_several
from flopscope.report.tree import GUIDE

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: rf"\{character}" for character in "&%$#_{}"},
    "[": "{[}",  # at the beginning of a row it would be taken for an argument of the row before
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "µ": r"$\mu$",
    "·": r"$\cdot$",
    "…": r"\dots{}",
}

PREAMBLE = r"% \usepackage[T1]{fontenc} and \usepackage{booktabs}"


def render(report: Report, view: View) -> str:
    """A ``tabular`` of the rows and columns of the table, to be put into a ``table``.

    What was profiled and how is in comments; what is not as it should be stands below the rows.
    """
    columns = columns_of(report, view)
    rows = [
        (
            r"\quad " * (len(line.guides) // GUIDE),
            [column.cell(line.row, report) for column in columns],
        )
        for line in outline(report, columns, view)
    ]
    facts = (*heading(report), *summary(report))
    told = [report.target, *(f"{fact.label}: {line}" for fact in facts for line in fact.lines)]
    lines = (*_comments(told), *_tabular(columns, rows, complaints(facts)))
    return "\n".join(map(spelling(view), lines))


def render_several(several: Several, view: View) -> str:
    """The same with a row for each model."""
    models = models_of(several.reports, view)
    columns = columns_of_models(models, view)
    rows = [
        ("", [model.name, *(column.cell(model.row, model.report) for column in columns[1:])])
        for model in models
    ]
    facts = tuple(summary_of_several(several))
    told = [f"{fact.label}: {line}" for fact in facts for line in fact.lines]
    lines = (*_comments(told), *_tabular(columns, rows, complaints(facts)))
    return "\n".join(map(spelling(view), lines))


def escaped(text: str) -> str:
    """The text so that LaTeX prints it as it is."""
    return re.sub(".", lambda found: _SPECIAL.get(found[0], found[0]), printable(text))


def _comments(lines: Iterable[str]) -> Iterator[str]:
    yield PREAMBLE
    yield from (f"% {printable(line)}" for line in lines)


def _tabular(
    columns: Sequence[Column], rows: Iterable[tuple[str, Sequence[str]]], below: Iterable[str]
) -> Iterator[str]:
    """Rows between rules, the first of which is the model's."""
    yield rf"\begin{{tabular}}{{@{{}}{''.join('l' if c.in_words else 'r' for c in columns)}@{{}}}}"
    yield r"\toprule"
    yield _line(escaped(column.title) for column in columns)
    yield r"\midrule"
    for indent, cells in rows:
        first, *others = map(escaped, cells)
        yield _line((indent + first, *others))
    yield r"\bottomrule"
    for line in below:
        yield _line((rf"\multicolumn{{{len(columns)}}}{{@{{}}l@{{}}}}{{{escaped(line)}}}",))
    yield r"\end{tabular}"


def _line(cells: Iterable[str]) -> str:
    return rf"{' & '.join(cells)} \\"
