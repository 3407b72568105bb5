"""A calibration as text: the two factors, and how near predictions come with them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from flopscope.analysis.prediction.calibration import Calibration
from flopscope.report.characters import printable, to_ascii
from flopscope.report.fitting import align
from flopscope.report.ledger import Ledger, laid
from flopscope.units import format_quantity


def render(calibration: Calibration, path: Path, *, ascii_only: bool) -> str:
    """The device, a line for each run, the factors, and where they were written to."""
    spell = to_ascii if ascii_only else printable
    return "\n".join(spell(line).rstrip() for line in _lines(calibration, path))


def _lines(calibration: Calibration, path: Path) -> Iterator[str]:
    yield f"{calibration.reported} · torch {calibration.torch}"
    yield ""
    compared = calibration.compared
    rows = zip(
        [each.name for each in compared],
        align([format_quantity(each.seconds, "s") for each in compared]),
        align([format_quantity(each.predicted_seconds, "s") for each in compared]),
        [f"{each.predicted_seconds / each.seconds - 1:+.1%}" for each in compared],
        strict=True,
    )
    ledger = Ledger(("Run", "Measured", "Predicted", "Off by"), tuple(rows))
    yield from laid(ledger, None, str).lines
    yield ""
    scalars = calibration.scalars
    whose = "its datasheet" if calibration.rates is None else "what a product and a copy attained"
    yield f"arithmetic at {scalars.compute:.3f} and memory at {scalars.bandwidth:.3f} of {whose}"
    if calibration.rates is not None:
        yield "the table of devices does not have it: its rates are kept in the file"
    off = statistics.median(abs(each.predicted_seconds / each.seconds - 1) for each in compared)
    yield f"with these, predictions are off by {off:.1%} in the median"
    yield f"written to {path}: flopscope predict ... --calibration {path}"
