"""What several counters say as text: one table, and for each how its figure comes out of ours."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from flopscope.report import View
from flopscope.report.cells import TextColumn, text_table
from flopscope.report.characters import spelling
from flopscope.report.counters import CounterComparison
from flopscope.report.counters.advice import advice, legend
from flopscope.report.counters.bill import Bill, Entry, bills
from flopscope.report.counters.figures import columns
from flopscope.report.counters.modules import module_columns, module_legend
from flopscope.report.fitting import GAP
from flopscope.report.summary import Fact, caveats, heading


def render(comparison: CounterComparison, view: View) -> str:
    """A heading, the counters in a table, and the bill of each."""
    spell = spelling(view)
    report = comparison.report
    lines = [report.target, *_facts(heading(report), view), ""]
    lines += _table(columns(comparison, spell), legend(comparison), view)
    for bill in bills(comparison):
        lines += ["", *_bill(bill, view)]
    if view.depth is not None:
        modules = module_columns(comparison, view, spell)
        lines += ["", *_table(modules, module_legend(modules, spell), view)]
    lines += ["", *_facts((*caveats(report), *advice(comparison)), view)]
    return "\n".join(spell(line).rstrip() for line in lines).rstrip()


def _table(shown: Sequence[TextColumn], marks: Iterable[Fact], view: View) -> Iterator[str]:
    table = text_table(shown, view.width, spelling(view)("…"))
    yield from table.lines
    cut = f"{', '.join(table.left_out)}: too wide for this terminal"
    left_out = (Fact("left out", (cut,)),) if table.left_out else ()
    yield from _facts((*marks, *left_out), view)


def _bill(bill: Bill, view: View) -> Iterator[str]:
    yield from _wrapped("", bill.title, view)
    amounts = max((len(f"{entry.amount:,}") for entry in bill.entries), default=0)
    shares = max((len(entry.share) for entry in bill.entries), default=0)
    for entry in bill.entries:
        amount = f"  {entry.sign:1} {entry.amount:>{amounts},}"
        share = f"  {entry.share:>{shares}}" if shares else ""
        yield from _wrapped(f"{amount}{share}  ", _worded(entry), view)
    for said in bill.said:
        yield from _wrapped("  it says: ", said, view)


def _worded(entry: Entry) -> str:
    return f"{entry.words} ({', '.join(entry.where)})" if entry.where else entry.words


def _facts(facts: tuple[Fact, ...], view: View) -> Iterator[str]:
    """Labels to the left, and what there is to say of each wrapped beside it."""
    spell = spelling(view)
    indent = max((len(spell(fact.label)) for fact in facts), default=0) + GAP
    for fact in facts:
        label = spell(fact.label)
        for line in fact.lines:
            yield from _wrapped(f"{label:<{indent}}", line, view)
            label = ""


def _wrapped(before: str, text: str, view: View) -> Iterator[str]:
    """The text behind what stands before it, and further lines of it below its beginning."""
    if view.width is None:
        yield before + text
        return
    width = max(view.width, len(before) + 20)
    yield from textwrap.wrap(
        text,
        width,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_on_hyphens=False,
    )
