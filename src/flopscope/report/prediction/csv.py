"""Predictions as CSV: a line for each device, with figures as exact as they are known."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from flopscope.analysis.prediction.workload import Outlook
from flopscope.report import View
from flopscope.report.prediction import PredictionReport
from flopscope.report.prediction.several import Predictions

_COLUMNS: Mapping[str, Callable[[Outlook], object]] = {
    "samples": lambda outlook: outlook.workload.samples,
    "device": lambda outlook: outlook.prediction.device.name,
    "tier": lambda outlook: outlook.prediction.tier,
    "floor_seconds": lambda outlook: outlook.prediction.stream.floor_seconds,
    "roofline_seconds": lambda outlook: outlook.prediction.stream.roofline_seconds,
    "seconds": lambda outlook: outlook.prediction.seconds,
    "low_seconds": lambda outlook: outlook.prediction.low_seconds,
    "high_seconds": lambda outlook: outlook.prediction.high_seconds,
    "samples_per_second": lambda outlook: outlook.samples_per_second,
    "flops_per_second": lambda outlook: outlook.flops_per_second,
    "peak_share": lambda outlook: outlook.peak_share,
    "memory_bytes": lambda outlook: outlook.memory_nbytes,
    "fits": lambda outlook: outlook.fits,
    "samples_per_joule": lambda outlook: outlook.samples_per_joule,
    "price_per_million_samples": lambda outlook: outlook.price_per_million,
}


def render(report: PredictionReport, view: View) -> str:
    """The names of the columns, and the devices; empty where something is not known."""
    return render_several(Predictions((report,)), view)


def render_several(several: Predictions, view: View) -> str:
    """The same of several models, one after the other."""
    del view
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("target", *_COLUMNS))
    for report in several.reports:
        for outlook in report.outlooks:
            cells = (figure(outlook) for figure in _COLUMNS.values())
            writer.writerow((report.target, *("" if cell is None else cell for cell in cells)))
    return text.getvalue().rstrip("\n")
