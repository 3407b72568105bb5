"""What several counters say as JSON, schema ``flopscope.compare/1``: see docs/compare.md."""

from __future__ import annotations

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.reconciliation import Reconciliation, Term
from flopscope.report import View
from flopscope.report.counters import Account, CounterComparison
from flopscope.report.counters.bill import because
from flopscope.report.json import Object, as_text
from flopscope.report.json import document as document_of_report

SCHEMA = "flopscope.compare/1"

_OF_THE_REPORT = ("target", "module", "inputs", "environment", "totals", "coverage")
_OF_A_MODULE = ("scope", "type", "calls", "params", "macs", "flops")


def render(comparison: CounterComparison, view: View) -> str:
    """Everything, whatever the view shows of it; a counter and a module to a line."""
    return as_text(document(comparison), view)


def document(comparison: CounterComparison) -> Object:
    """The comparison in dicts, lists, strings, numbers and None; counts are ints."""
    report = document_of_report(comparison.report)
    return {
        "schema": SCHEMA,
        **{key: report[key] for key in _OF_THE_REPORT},
        "seconds": comparison.seconds,
        "assumptions": report["assumptions"],
        "notes": report["notes"],
        "counters": [_account(account, comparison.report.macs) for account in comparison.accounts],
        "absent": list(comparison.absent),
        "modules": [{key: module[key] for key in _OF_A_MODULE} for module in report["modules"]],
    }


def _account(account: Account, ours: int) -> Object:
    reading, found = account.reading, account.reconciliation
    return {
        "name": account.name,
        "version": "" if reading is None else reading.version,
        "ran": reading is not None,
        "distribution": "" if reading is None else reading.distribution,
        "label": account.label,
        "unit": account.unit,
        "value": None if reading is None else reading.value,
        "params": account.params,
        "stated_macs": None if reading is None else reading.stated_macs,
        "seconds": account.seconds,
        "difference": account.difference(ours),
        "notes": [] if reading is None else list(reading.notes),
        "uncounted": {} if reading is None else dict(reading.uncounted),
        "modules": {} if reading is None else dict(reading.modules),
        "explanation": None if found is None else _explanation(account.name, found),
    }


def _explanation(name: str, found: Reconciliation) -> Object:
    """Our figure, the terms that lead from it to the counter's, and what they do not explain."""
    return {
        "source": CONVENTIONS[name].source,
        "unit": found.unit,
        "ours": found.ours,
        "terms": [_term(term) for term in found.terms],
        "predicted": found.predicted,
        "remainder": found.remainder,
        "remainders": [
            {"scope": remainder.scope, "amount": remainder.amount} for remainder in found.remainders
        ],
    }


def _term(term: Term) -> Object:
    return {
        "cause": term.cause.name.lower(),
        "what": term.what,
        "amount": term.amount,
        "calls": term.calls,
        "words": because(term),
        "scopes": list(term.scopes),
    }
