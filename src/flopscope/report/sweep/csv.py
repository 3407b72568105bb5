"""A sweep as CSV, for spreadsheets and for pandas."""

from __future__ import annotations

import csv
import io

from flopscope.analysis.sweep.rows import FIGURES, Sweep
from flopscope.report.sweep import SweepView


def render(sweep: Sweep, view: SweepView) -> str:
    """A line for each point under a line of names; what is not known is empty.

    All figures are there whatever the view shows. Numbers are whole, bytes are bytes, and seconds
    seconds.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    best = () if view.best is None else ("best",)
    writer.writerow(
        ("target", *sweep.symbols, *FIGURES, "seconds", "error", "origin", "message", *best)
    )
    for place, row in enumerate(sweep.rows):
        figures = (row.figures.get(figure, "") for figure in FIGURES)
        timed = ("" if value is None else value for value in (row.seconds, row.error))
        sizes = (row.sizes[name] for name in sweep.symbols)
        mark = () if view.best is None else (int(place in view.best),)
        writer.writerow((row.target, *sizes, *figures, *timed, row.origin, row.message, *mark))
    return written.getvalue().rstrip("\n")
