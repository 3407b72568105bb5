"""Predictions of several models as one: a line for each on each device, the formats by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.prediction import PredictionReport
from flopscope.report.several import Failure
from flopscope.report.summary import Fact


@dataclass(frozen=True, slots=True)
class Predictions:
    """What came of several targets or batches, in the order in which they were named.

    Attributes:
        reports: all on the same devices.
        failures: what could not be predicted.
    """

    reports: tuple[PredictionReport, ...]
    failures: tuple[Failure, ...] = ()


RenderPredictions: TypeAlias = Callable[[Predictions, View], str]

SEVERAL_PREDICTION_FORMATS: Registry[RenderPredictions] = Registry(
    {
        "table": "flopscope.report.prediction.table:render_several",
        "json": "flopscope.report.prediction.json:render_several",
        "csv": "flopscope.report.prediction.csv:render_several",
        "markdown": "flopscope.report.prediction.markdown:render_several",
    }
)
"""The same formats as those of one model."""


def failed(several: Predictions) -> Fact | None:
    """What could not be predicted, and what to do."""
    lines = dict.fromkeys(
        f"{failure.target}: {failure.message}{f' ({failure.hint})' if failure.hint else ''}"
        for failure in several.failures
    )
    return Fact("failed", tuple(lines), "bad") if lines else None
