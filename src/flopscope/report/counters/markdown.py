"""What several counters say in Markdown: a table, and below it the bills, folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flopscope.report import View
from flopscope.report.cells import TextColumn
from flopscope.report.characters import spelling
from flopscope.report.counters import CounterComparison
from flopscope.report.counters.advice import advice, legend
from flopscope.report.counters.bill import Bill, Entry, bills
from flopscope.report.counters.figures import columns
from flopscope.report.counters.modules import module_columns, module_legend
from flopscope.report.summary import Fact, caveats, heading


def render(comparison: CounterComparison, view: View) -> str:
    """A heading, the counters in a table, and a folded list of bills."""
    spell = spelling(view)
    report = comparison.report
    facts = (*legend(comparison), *caveats(report), *advice(comparison))
    lines = [
        f"### {_code(report.target)}",
        "",
        " · ".join(_plain(line) for fact in heading(report) for line in fact.lines),
        "",
        *_table(columns(comparison, spell)),
        "",
        *_facts(facts),
        "",
        "<details><summary>Why each counter prints what it prints</summary>",
        *(line for bill in bills(comparison) for line in ("", *_bill(bill))),
        "",
        "</details>",
    ]
    if view.depth is not None:
        modules = module_columns(comparison, view, spell)
        lines += ["", *_table(modules), "", *_facts(tuple(module_legend(modules, spell)))]
    return "\n".join(spell(line) for line in lines)


def _table(shown: Sequence[TextColumn]) -> Iterator[str]:
    yield _row([column.title for column in shown])
    yield _row([":--" if column.in_words else "--:" for column in shown])
    for cells in zip(*(column.cells for column in shown), strict=True):
        yield _row([_plain(cell.strip()) for cell in cells])


def _bill(bill: Bill) -> Iterator[str]:
    yield _plain(bill.title)
    if bill.entries:
        yield ""
        yield _row(["", "amount", "share", ""])
        yield _row(["---", "--:", "--:", ":--"])
        yield from (_row(_entry(entry)) for entry in bill.entries)
    for said in bill.said:
        yield ""
        yield f"It says: {_plain(said)}"


def _entry(entry: Entry) -> list[str]:
    where = f" ({', '.join(map(_code, entry.where))})" if entry.where else ""
    return [entry.sign, f"{entry.amount:,}", entry.share, _plain(entry.words) + where]


def _facts(facts: Sequence[Fact]) -> Iterator[str]:
    return (f"- **{_plain(fact.label)}**: {_plain(line)}" for fact in facts for line in fact.lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text in which nothing is taken for Markdown."""
    return "".join(f"\\{letter}" if letter in "\\`*_|<" else letter for letter in text)


def _code(text: str) -> str:
    return f"`{text}`"
