"""A model's layers with what each machine makes of them, in columns that fit a width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flopscope.analysis.comparison import Comparison
from flopscope.analysis.machines import Model
from flopscope.analysis.written import Layer, Written
from flopscope.report import View
from flopscope.report.characters import shorten, spelling
from flopscope.report.fitting import GAP, Needs, align, fit
from flopscope.report.grid import SHORTEST_NAME
from flopscope.report.machines_words import times
from flopscope.roofline import Performance
from flopscope.units import format_fixed, format_quantity

UNKNOWN = "-"
MODULE = "Module"


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


@dataclass(frozen=True, slots=True)
class Column:
    """A cell for each layer.

    Attributes:
        title: what stands above them.
        cells: as a reader sees them.
        importance: where space is short, the least important goes first.
        in_words: whether its cells begin at the left.
    """

    title: str
    cells: Sequence[str]
    importance: int
    in_words: bool = False

    @property
    def says_something(self) -> bool:
        return any(cell.strip() != UNKNOWN for cell in self.cells)

    @property
    def needs(self) -> Needs:
        natural = max(len(self.title), *map(len, self.cells))
        least = min(natural, 2 * SHORTEST_NAME) if self.title == MODULE else natural
        return Needs(natural, least, self.importance)


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of text, and the titles of the columns that didn't fit."""

    lines: tuple[str, ...]
    left_out: tuple[str, ...]


def table_of(model: Model, view: View) -> Table:
    """The layers of the first report, parents before children, down to the view's depth."""
    layers = [
        layer
        for layer in model.reports[0].layers
        if view.depth is None or _depth(layer) <= view.depth
    ]
    spell = spelling(view)
    names = Column(MODULE, [spell(_name(layer)) for layer in layers], 10, in_words=True)
    columns = (names, *_columns(model, layers, spell))
    widths = fit({column.title: column.needs for column in columns}, view.width)
    kept = [column for column in columns if column.title in widths]
    left_out = tuple(column.title for column in columns if column.title not in widths)
    return Table(tuple(_lines(kept, widths, spell("…"))), left_out)


def _columns(
    model: Model, layers: Sequence[Layer], spell: Callable[[str], str]
) -> Iterator[Column]:
    """The FLOPs, each figure of every machine, and after the times how they compare."""
    yield Column("FLOPs", align([_flops(layer) for layer in layers]), 2)
    for figure in FIGURES:
        columns = [_column(figure, layers, report, spell) for report in model.reports]
        if figure is TIME or any(column.says_something for column in columns):
            yield from columns
        if figure is TIME:
            yield from (_speeds(comparison, layers, spell) for comparison in model.comparisons)


def _column(
    figure: Figure, layers: Sequence[Layer], report: Written, spell: Callable[[str], str]
) -> Column:
    found = (report.by_scope.get(layer.scope) for layer in layers)
    cells = [spell(_cell(figure, layer, report)) for layer in found]
    shown = cells if figure.in_words else align(cells)
    title = spell(f"{figure.title} {report.name}")
    return Column(title, shown, figure.importance, figure.in_words)


def _speeds(comparison: Comparison, layers: Sequence[Layer], spell: Callable[[str], str]) -> Column:
    speeds = (comparison.layer_speed(layer.scope) for layer in layers)
    cells = [UNKNOWN if speed is None else times(speed) for speed in speeds]
    title = spell(f"{comparison.other.name} vs {comparison.base.name}")
    return Column(title, align(cells), SPEED_IMPORTANCE)


def _flops(layer: Layer) -> str:
    return format_quantity(layer.counts.flops)


def _lines(columns: Sequence[Column], widths: Mapping[str, int], ellipsis: str) -> Iterator[str]:
    rule = "─" * (sum(widths.values()) + GAP * (len(widths) - 1))
    yield _line(columns, (column.title for column in columns), widths, ellipsis)
    yield rule
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield _line(columns, cells, widths, ellipsis)
    yield rule


def _line(
    columns: Sequence[Column], cells: Iterable[str], widths: Mapping[str, int], ellipsis: str
) -> str:
    shown = []
    for column, cell in zip(columns, cells, strict=True):
        width = widths[column.title]
        fitted = shorten(cell, width, ellipsis)
        shown.append(fitted.ljust(width) if column.in_words else fitted.rjust(width))
    return (" " * GAP).join(shown)


def _cell(figure: Figure, layer: Layer | None, report: Written) -> str:
    if layer is None:
        return UNKNOWN
    return figure.text(layer, report.performance(layer)) or UNKNOWN


def _depth(layer: Layer) -> int:
    return layer.scope.count(".") + 1 if layer.scope else 0


def _name(layer: Layer) -> str:
    depth = _depth(layer)
    return "  " * depth + (layer.scope.rpartition(".")[2] or layer.kind)
