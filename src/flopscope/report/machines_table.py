"""A model's layers with what each machine makes of them, in columns that fit a width."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flopscope.analysis.comparison import Comparison
from flopscope.analysis.machines import Model
from flopscope.analysis.written import Layer, Written
from flopscope.report import View
from flopscope.report.cells import TextColumn, TextTable, text_table
from flopscope.report.characters import spelling
from flopscope.report.fitting import align
from flopscope.report.grid import SHORTEST_NAME
from flopscope.report.machines_words import times
from flopscope.roofline import Performance
from flopscope.units import format_fixed, format_quantity

UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Figure:
    """What is said of a layer on each machine.

    Attributes:
        title: what stands above it, before the machine's name.
        text: the figure of a layer, or None where it isn't known.
        importance: where space is short, the least important goes first.
        in_words: whether its cells begin at the left.
    """

    title: str
    text: Callable[[Layer, Performance], str | None]
    importance: int
    in_words: bool = False


def _percent(share: float | None) -> str | None:
    return None if share is None else format_fixed(100 * share, 1, "%")


def _giga(rate: float | None) -> str | None:
    return None if rate is None else format_fixed(rate / 1e9, 1)


TIME = Figure(
    "Time",
    lambda layer, _: None if layer.seconds is None else format_quantity(layer.seconds, "s"),
    9,
)

FIGURES = (
    TIME,
    Figure("GFLOP/s", lambda _, work: _giga(work.achieved_flops_per_second), 6),
    Figure("% peak", lambda _, work: _percent(work.peak_share), 4),
    Figure("% roof", lambda layer, _: _percent(layer.roofline_share), 7),
    Figure("GB/s", lambda _, work: _giga(work.achieved_bytes_per_second), 3),
    Figure("Bound", lambda layer, _: layer.bound, 5, in_words=True),
)
"""What the table shows, once for each machine."""

SPEED_IMPORTANCE = 8


def table_of(model: Model, view: View) -> TextTable:
    """The layers of the first report, parents before children, down to the view's depth."""
    layers = [
        layer
        for layer in model.reports[0].layers
        if view.depth is None or _depth(layer) <= view.depth
    ]
    spell = spelling(view)
    shown = [spell(_name(layer)) for layer in layers]
    names = TextColumn("Module", shown, 10, in_words=True, least=2 * SHORTEST_NAME)
    columns = (names, *_columns(model, layers, spell))
    return text_table(columns, view.width, spell("…"))


def _columns(
    model: Model, layers: Sequence[Layer], spell: Callable[[str], str]
) -> Iterator[TextColumn]:
    """The FLOPs, each figure of every machine, and after the times how they compare."""
    yield TextColumn("FLOPs", align([_flops(layer) for layer in layers]), 2)
    for figure in FIGURES:
        columns = [_column(figure, layers, report, spell) for report in model.reports]
        if figure is TIME or any(_says_something(column) for column in columns):
            yield from columns
        if figure is TIME:
            yield from (_speeds(comparison, layers, spell) for comparison in model.comparisons)


def _says_something(column: TextColumn) -> bool:
    return any(cell.strip() != UNKNOWN for cell in column.cells)


def _column(
    figure: Figure, layers: Sequence[Layer], report: Written, spell: Callable[[str], str]
) -> TextColumn:
    found = (report.by_scope.get(layer.scope) for layer in layers)
    cells = [spell(_cell(figure, layer, report)) for layer in found]
    shown = cells if figure.in_words else align(cells)
    title = spell(f"{figure.title} {report.name}")
    return TextColumn(title, shown, figure.importance, figure.in_words)


def _speeds(
    comparison: Comparison, layers: Sequence[Layer], spell: Callable[[str], str]
) -> TextColumn:
    speeds = (comparison.layer_speed(layer.scope) for layer in layers)
    cells = [UNKNOWN if speed is None else times(speed) for speed in speeds]
    title = spell(f"{comparison.other.name} vs {comparison.base.name}")
    return TextColumn(title, align(cells), SPEED_IMPORTANCE)


def _flops(layer: Layer) -> str:
    return format_quantity(layer.counts.flops)


def _cell(figure: Figure, layer: Layer | None, report: Written) -> str:
    if layer is None:
        return UNKNOWN
    return figure.text(layer, report.performance(layer)) or UNKNOWN


def _depth(layer: Layer) -> int:
    return layer.scope.count(".") + 1 if layer.scope else 0


def _name(layer: Layer) -> str:
    depth = _depth(layer)
    return "  " * depth + (layer.scope.rpartition(".")[2] or layer.kind)
