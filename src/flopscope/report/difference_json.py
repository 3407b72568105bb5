"""What changed between two reports as JSON, schema ``flopscope.difference/1``."""

from __future__ import annotations

import json
from typing import Any

from flopscope.analysis.difference import Change, Difference
from flopscope.analysis.written import Layer, Written
from flopscope.report import View
from flopscope.report.difference import counts_document, totals_of

SCHEMA = "flopscope.difference/1"


def render(found: Difference, view: View) -> str:
    """Totals of both reports and every change, counts as integers."""
    return json.dumps(document(found), indent=2, ensure_ascii=view.ascii, allow_nan=False)


def document(found: Difference) -> dict[str, Any]:
    """The difference in dicts, lists, strings, numbers and None."""
    return {
        "schema": SCHEMA,
        "before": _report(found.before),
        "after": _report(found.after),
        "totals": {
            total.name: {"before": total.before, "after": total.after, "growth": total.growth}
            for total in totals_of(found.before, found.after)
        },
        "changes": [_change(change) for change in found.changes],
    }


def _report(report: Written) -> dict[str, Any]:
    return {"name": report.name, "target": report.target, "module": report.module}


def _change(change: Change) -> dict[str, Any]:
    before, after = change.counts
    return {
        "kind": change.kind,
        "before": _layer(change.before),
        "after": _layer(change.after),
        "added": {
            name: counts_document(after)[name] - amount
            for name, amount in counts_document(before).items()
        },
    }


def _layer(layer: Layer | None) -> dict[str, Any] | None:
    if layer is None:
        return None
    return {"scope": layer.scope, "type": layer.kind, **counts_document(layer.counts)}
