"""A report as a picture: an icicle of its modules, each as wide as its weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from flopscope.records import Scope
from flopscope.report.characters import printable, referenced, shorten
from flopscope.report.palette import classes_of, rules
from flopscope.report.rows import Row, row_of
from flopscope.report.shapes import format_outputs
from flopscope.report.summary import complaints, summary
from flopscope.report.weights import Weight, totals, weight_of
from flopscope.units import many

if TYPE_CHECKING:
    from flopscope.report import Report, View

WIDTH, MARGIN = 1200, 10
ROW_HEIGHT = 22
TITLE_HEIGHT = 40
LINE_HEIGHT = 16
CHARACTER_WIDTH = 7.3
"""Of a fixed-width font of 12 pixels, a little more than it is."""

TITLE_CHARACTER_WIDTH = 9.4
"""Of the title, which is of 15 pixels and bold."""

NARROWEST = 0.5
"""Pixels of a cell that is drawn."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A row's place: its level, and where along the width it begins and how much it takes."""

    row: Row
    level: int
    left: float
    width: float


def render(report: Report, view: View) -> str:
    """An SVG of the modules to the view's depth by its weight, FLOPs by default.

    Runs of identical modules are one cell as wide as all of them, if the view folds. A module is
    as wide as its weight and all that is inside it, so that what is free below it is its own. Those
    too narrow to be seen are left out, which the last line says. A cell has its figures as a title,
    which browsers show.

    Raises:
        FlopscopeError: the report has no figures of the weight.
    """
    weight = weight_of(report, view)
    weights = totals(report, weight)
    cells = tuple(_cells(report, weights, view))
    levels = 1 + max(cell.level for cell in cells)
    below = tuple(_below(report, weights, view, cells))
    height = TITLE_HEIGHT + levels * ROW_HEIGHT + (len(below) + 1) * LINE_HEIGHT
    total = f": {weight.title} {weight.unit.text(weights[''])}"
    room = int((WIDTH - 2 * MARGIN) / TITLE_CHARACTER_WIDTH) - len(total)
    title = shorten(printable(report.target), room) + total
    colors = classes_of(report, weight)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{_escaped(title)}">',
        f"<style>{_STYLE}{rules('fill')}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="{MARGIN}" y="24">{_escaped(title)}</text>',
        *(_drawn(cell, weight, weights, colors[cell.row.spec.kind]) for cell in cells),
    ]
    bottom = TITLE_HEIGHT + levels * ROW_HEIGHT
    for number, line in enumerate(below, 1):
        lines.append(
            f'<text x="{MARGIN}" y="{bottom + number * LINE_HEIGHT}">{_escaped(line)}</text>'
        )
    return referenced("\n".join([*lines, "</svg>"]), view)


_STYLE = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}"
    ".title{font-size:15px;font-weight:bold}.page{fill:#fff}.cell{stroke:#fff}"
    ".cell+text{pointer-events:none;fill:#14181d}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#14181d}.cell{stroke:#14181d}}"
)


def _cells(report: Report, weights: Mapping[Scope, float], view: View) -> Iterator[Cell]:
    whole = weights[""]
    scale = (WIDTH - 2 * MARGIN) / whole if whole else 0

    def inside(row: Row, level: int, left: float) -> Iterator[Cell]:
        width = _amount(row, weights) * scale
        yield Cell(row, level, left, width if level else WIDTH - 2 * MARGIN)
        for child in row.children:
            if child.kind == "own":
                continue  # what is free beside the others
            taken = _amount(child, weights) * scale
            if taken >= NARROWEST:
                yield from inside(child, level + 1, left)
            left += taken

    return inside(row_of(report.profile.root, view), 0, MARGIN)


def _amount(row: Row, weights: Mapping[Scope, float]) -> float:
    return sum(weights[node.scope] for node in row.nodes)


def _drawn(cell: Cell, weight: Weight, weights: Mapping[Scope, float], color: str) -> str:
    row, whole = cell.row, weights[""]
    amount = _amount(row, weights)
    share = f" ({amount / whole:.1%})" if whole else ""
    name = f"{row.name} {row.times}".rstrip()
    above, dot, _ = row.spec.scope.rpartition(".")
    scope = f"{above}{dot}{row.name}" if row.spec.scope else "the model"
    facts = [f"{scope}: {row.spec.kind} {row.times}".rstrip(), format_outputs(row.spec.outputs)]
    facts.append(f"{weight.title} {weight.unit.text(amount)}{share}")
    top = TITLE_HEIGHT + cell.level * ROW_HEIGHT
    place = f'x="{cell.left:.2f}" y="{top}" width="{cell.width:.2f}" height="{ROW_HEIGHT}"'
    title = _escaped("\n".join(fact for fact in facts if fact))
    rect = f'<rect class="cell {color}" {place}><title>{title}</title></rect>'
    room = int((cell.width - 8) / CHARACTER_WIDTH)
    if room < len(name) and room < 4:
        return rect
    label = _escaped(shorten(printable(name), room))
    return f'{rect}<text x="{cell.left + 4:.2f}" y="{top + 15}">{label}</text>'


def _below(
    report: Report, weights: Mapping[Scope, float], view: View, cells: tuple[Cell, ...]
) -> Iterator[str]:
    """What the picture lacks."""
    levels = len(report.modules) if view.depth is None else view.depth
    drawn = {node.scope for cell in cells for node in cell.row.nodes}
    narrow = sum(
        1
        for scope, amount in weights.items()
        if amount and scope not in drawn and scope.count(".") < levels
    )
    if narrow:
        yield f"{many(narrow, 'module')} too narrow to be drawn"
    yield from complaints(summary(report))


def _escaped(text: str) -> str:
    return escape("\n".join(printable(line) for line in text.split("\n")))
