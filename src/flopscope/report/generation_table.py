"""What generating text costs as tables for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.report import View
from flopscope.report.characters import spelling
from flopscope.report.generation import GenerationReport
from flopscope.report.generation_facts import facts_above, facts_below
from flopscope.report.generation_ledgers import ledgers
from flopscope.report.ledger import laid
from flopscope.report.stated import indent_of, stated
from flopscope.report.summary import Fact


def render(report: GenerationReport, view: View) -> str:
    """What is generated, a table of the calls, one of devices, one of lengths, and remarks."""
    return "\n".join(line.rstrip() for line in _lines(report, view))


def _lines(report: GenerationReport, view: View) -> Iterator[str]:
    spell = spelling(view)
    above, below = tuple(facts_above(report)), list(facts_below(report))
    tables = [laid(ledger, view.width, spell) for ledger in ledgers(report)]
    missing = [title for table in tables for title in table.left_out]
    if missing:
        below.append(Fact("left out", (f"{', '.join(missing)}: too wide for this terminal",)))
    indent = indent_of((*above, *below), view)
    yield spell(report.target)
    yield from stated(above, indent, view)
    for table in tables:
        yield ""
        yield from table.lines
    yield ""
    yield from stated(below, indent, view)
