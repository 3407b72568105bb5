"""Predictions of a model's time on devices, and how to show them: the formats by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.analysis.prediction.prediction import Part
from flopscope.analysis.prediction.workload import Outlook, Workload
from flopscope.measurements import Environment
from flopscope.records import Assumption
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.prediction.layers import Layer, layers
from flopscope.report.rendered import Rendered

RenderPrediction: TypeAlias = "Callable[[PredictionReport, View], str]"

PREDICTION_FORMATS: Registry[RenderPrediction] = Registry(
    {
        "table": "flopscope.report.prediction.table:render",
        "json": "flopscope.report.prediction.json:render",
        "csv": "flopscope.report.prediction.csv:render",
        "markdown": "flopscope.report.prediction.markdown:render",
    }
)
"""The formats of a single report, for predictions."""

PREDICTION_SUFFIXES = {".txt": "table", ".json": "json", ".csv": "csv", ".md": "markdown"}
"""The format of a file by its name's ending."""


@dataclass(frozen=True, repr=False)
class PredictionReport(Rendered):
    """How long a model takes on some devices, which need not be here.

    Printing it shows the tables, as wide as the terminal. What is not said to be of all devices is
    of the first one.

    Attributes:
        target: the model as the user named it.
        environment: what it was made with.
        outlooks: a prediction for each device, and what follows from it.
        assumptions: values that the program asked for and that were supplied by a rule.
        notes: what a reader should know of how the model was run.
    """

    formats = PREDICTION_FORMATS
    suffixes = PREDICTION_SUFFIXES

    target: str
    environment: Environment
    outlooks: tuple[Outlook, ...]
    assumptions: tuple[Assumption, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def workload(self) -> Workload:
        """What is run, the same on all devices."""
        return self.outlooks[0].workload

    @property
    def seconds(self) -> float:
        """The estimate for the first device."""
        return self.outlooks[0].prediction.seconds

    @property
    def band(self) -> tuple[float, float] | None:
        """The seconds between which 9 in 10 measured times lay, or None of no trust."""
        prediction = self.outlooks[0].prediction
        low, high = prediction.low_seconds, prediction.high_seconds
        return None if low is None or high is None else (low, high)

    @property
    def operators(self) -> tuple[Part, ...]:
        """The time by operator, the longest first."""
        return operators_of(self.outlooks[0])

    @property
    def modules(self) -> tuple[Layer, ...]:
        """The time by module, parents before their children, each with all that is inside it."""
        return layers(self.outlooks[0], View(fold=False))


def operators_of(outlook: Outlook) -> tuple[Part, ...]:
    """The time of a prediction by operator, the longest first."""
    return outlook.prediction.stream.by(lambda launch: launch.operation.op)
