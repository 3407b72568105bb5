"""A sweep as JSON, schema ``flopscope.sweep/1``, a point to a line."""

from __future__ import annotations

import json
from dataclasses import asdict

from flopscope.analysis.sweep.rows import Sweep
from flopscope.report.sweep import SweepView

SCHEMA = "flopscope.sweep/1"


def render(sweep: Sweep, view: SweepView) -> str:
    """All rows and all figures, whatever the view shows of them."""
    rows = [
        asdict(row) | ({} if view.best is None else {"best": place in view.best})
        for place, row in enumerate(sweep.rows)
    ]
    items = ",\n    ".join(json.dumps(row, ensure_ascii=view.ascii) for row in rows)
    head = {"schema": SCHEMA, "symbols": sweep.symbols, "notes": sweep.notes}
    fields = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    return "{\n  " + ",\n  ".join(fields) + f',\n  "rows": [\n    {items}\n  ]\n}}'
