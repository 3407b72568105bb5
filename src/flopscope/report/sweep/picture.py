"""The curves of a sweep as a picture in a file, drawn by matplotlib."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from flopscope.analysis.sweep.rows import Sweep
from flopscope.errors import FlopscopeError, UsageError
from flopscope.report.sweep import SweepView
from flopscope.report.sweep.columns import BY_NAME, curves

SIZE = (7.0, 4.5)
"""Inches."""


def draw(sweep: Sweep, view: SweepView, path: Path) -> None:
    """Write a picture of a column against a symbol, a curve for each combination of all else.

    Raises:
        UsageError: matplotlib is not installed.
        FlopscopeError: the file cannot be written.
    """
    try:
        figures = import_module("matplotlib.figure")  # an extra, which takes time
    except ImportError as error:
        raise UsageError(
            f"{path.suffix} files are drawn by matplotlib, which is not installed",
            hint="pip install 'torch-flopscope[plot]', or write a .csv",
        ) from error
    column = BY_NAME[view.plotted]
    against, lines = curves(sweep, view)
    figure = figures.Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    for label, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker=".", label=label)
    axes.set_xlabel(against)
    axes.set_ylabel(f"{column.title}{f' ({column.unit})' if column.unit else ''}")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    try:
        figure.savefig(path)
    except OSError as error:
        raise FlopscopeError(f"cannot write {path}: {error.strerror}") from error
