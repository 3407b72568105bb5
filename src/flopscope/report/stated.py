"""Facts as lines of text: labels to the left, and what is the case beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from flopscope.report import View
from flopscope.report.characters import spelling
from flopscope.report.fitting import GAP
from flopscope.report.summary import Fact

NARROWEST = 20
"""Cells that a fact gets at least, however narrow the terminal is."""


def indent_of(facts: Iterable[Fact], view: View) -> int:
    """Cells that the longest label takes, and the gap behind it."""
    spell = spelling(view)
    return max((len(spell(fact.label)) for fact in facts), default=0) + GAP


def stated(facts: Iterable[Fact], indent: int, view: View) -> Iterator[str]:
    """Labels to the left, and lines of each wrapped beside it."""
    spell = spelling(view)
    width = max((view.width or 0) - indent, NARROWEST)
    for fact in facts:
        label = spell(fact.label)
        for line in map(spell, fact.lines):
            for part in textwrap.wrap(line, width) if view.width else [line]:
                yield f"{label:<{indent}}{part}"
                label = ""
