"""A roofline and the work that lies under it, drawn in characters on logarithmic axes."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flopscope.report.axis import Axis, axis
from flopscope.report.characters import shorten, spelling
from flopscope.roofline import Bound, Limits, Performance
from flopscope.units import format_fixed, format_quantity

if TYPE_CHECKING:
    from flopscope.report import View

WIDTH = 80
HEIGHT = 16
NARROWEST = 16
SHORTEST_NAME, LONGEST_NAME = 12, 32
FIGURES_WIDTH = 48
"""What a line of the legend takes beside the name."""

MARKS = string.ascii_letters
NO_MARK = " "
"""Of work that has no place in the plot, or for which no letter is left."""

MEMORY_ROOF, CACHE_ROOF, COMPUTE_ROOF = ".", ":", "─"


@dataclass(frozen=True, slots=True)
class Point:
    """Some work under a roofline.

    Attributes:
        name: what it is called.
        work: what it is and how long it took: its place.
        share: its least time by its time, each of its operators at the bandwidth for its own bytes.
        bound: what limits it, by the same least time.
    """

    name: str
    work: Performance
    share: float | None
    bound: Bound | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A point in the legend, and the letter that marks it in the plot."""

    mark: str
    point: Point

    @property
    def work(self) -> Performance:
        return self.point.work


def plot(
    limits: Limits,
    points: Sequence[Point],
    view: View,
    height: int = HEIGHT,
    cache_bytes_per_second: float | None = None,
) -> str:
    """Achieved rate by arithmetic intensity, under the roof that limits set, and a legend.

    The roof rises in dots as far as memory is the limit, and is level from the ridge on. Work on
    small tensors may lie above the dots: colons are the limit of the fastest cache. A letter marks
    work that the legend names; where two share a place, the first is seen. Work without arithmetic,
    or that was not timed, has no place and is in the legend alone.

    Args:
        limits: those of the machine, its memory's bandwidth among them.
        points: what to mark.
        view: how wide it is, 80 characters where that is left open, and whether it is in ASCII.
        height: of the plot in lines, its axis and the legend not among them.
        cache_bytes_per_second: what the fastest cache moves, or None where that is not known.

    Returns:
        Lines of text, or "" for a machine whose limits are not known.
    """
    peak, bandwidth = limits.flops_per_second, limits.bytes_per_second
    if peak is None or bandwidth is None:
        return ""
    most = f"{format_quantity(peak, 'FLOP/s')} and {format_quantity(bandwidth, 'B/s')}"
    spell = spelling(view)
    width = view.width or WIDTH
    longest = min(max(width - FIGURES_WIDTH, SHORTEST_NAME), LONGEST_NAME)
    entries = _entries(
        replace(point, name=shorten(spell(point.name), longest, spell("…"))) for point in points
    )
    roofs = {MEMORY_ROOF: bandwidth}
    title = [f"at most {most}, ridge at {format_fixed(peak / bandwidth, 1)} FLOP/B"]
    if cache_bytes_per_second is not None and cache_bytes_per_second > bandwidth:
        roofs = {CACHE_ROOF: cache_bytes_per_second, **roofs}
        cache = format_quantity(cache_bytes_per_second, "B/s")
        title.append(f"{MEMORY_ROOF} from memory  {CACHE_ROOF} from caches, at most {cache}")
    lines = [
        *title,
        "",
        *_drawing(peak, roofs, entries, width, height),
        "",
        *_legend(entries),
    ]
    return "\n".join(spell(line).rstrip() for line in lines).rstrip()


def _entries(points: Iterable[Point]) -> list[Entry]:
    letters = iter(MARKS)
    return [
        Entry(next(letters, NO_MARK) if _place(point.work) else NO_MARK, point) for point in points
    ]


def _place(work: Performance) -> tuple[float, float] | None:
    """The rate and the intensity of work that has both: zero is on no logarithmic axis."""
    if not work.achieved_flops_per_second or not work.intensity:
        return None
    return work.achieved_flops_per_second, work.intensity


def _drawing(
    peak: float, roofs: Mapping[str, float], entries: Sequence[Entry], width: int, height: int
) -> Iterator[str]:
    """The plot with its axes, which reach ten times as far as the ridge either way, or farther.

    Roofs are bandwidths by the character that they are drawn in, the last one over the others.
    """
    ridge = peak / roofs[MEMORY_ROOF]
    places = [place for place in (_place(entry.work) for entry in entries) if place]
    up = axis([peak / 100, peak, *(rate for rate, _ in places)], height)
    labels = {row: format_quantity(rate, "FLOP/s", 0) for row, rate in up.decades().items()}
    margin = max(map(len, labels.values()))
    intensities = [ridge / 10, ridge * 10, *(intensity for _, intensity in places)]
    across = axis(intensities, max(width - margin - 2, NARROWEST))
    rows = [[" "] * across.cells for _ in range(up.cells)]
    for slope, bandwidth in roofs.items():
        for column, row, is_level in _roof(peak, bandwidth, across, up):
            rows[row][column] = COMPUTE_ROOF if is_level else slope
    for entry in reversed(entries):
        place = _place(entry.work)
        if place and entry.mark != NO_MARK:
            rate, intensity = place
            rows[up.cell(rate)][across.cell(intensity)] = entry.mark
    yield from _rows(rows, labels, margin)
    yield from _scale(across, margin)


def _roof(peak: float, bandwidth: float, across: Axis, up: Axis) -> Iterator[tuple[int, int, bool]]:
    """Columns and rows of a roof, and whether it is level there; without gaps where it is steep."""
    below: int | None = None
    for column in range(across.cells):
        intensity = across.value(column)
        is_level = intensity * bandwidth >= peak
        row = up.cell(peak if is_level else intensity * bandwidth)
        lowest = row if below is None else min(below + 1, row)
        for filled in range(max(lowest, 0), row + 1):
            yield column, filled, is_level and filled == row
        below = row


def _rows(rows: Sequence[Sequence[str]], labels: Mapping[int, str], margin: int) -> Iterator[str]:
    for row in range(len(rows) - 1, -1, -1):
        tick = "┤" if row in labels else "│"
        yield f"{labels.get(row, ''):>{margin}} {tick}{''.join(rows[row])}"


def _scale(across: Axis, margin: int) -> Iterator[str]:
    """The lower axis, and under it the powers of ten that there is room for."""
    decades = across.decades()
    line = "".join("┬" if column in decades else "─" for column in range(across.cells))
    yield f"{'':{margin}} └{line}"
    numbers = ""
    unit = "FLOP/B"
    for column, intensity in decades.items():
        text = f"{intensity:g}"
        start = column - len(text) // 2
        has_room = not numbers or start > len(numbers)
        if has_room and column + len(text) + len(unit) < across.cells:
            numbers = numbers.ljust(max(start, 0)) + text
    yield f"{'':{margin}}  {numbers}".ljust(margin + 2 + across.cells - len(unit)) + unit


def _legend(entries: Sequence[Entry]) -> Iterator[str]:
    cells = [_legend_cells(entry) for entry in entries]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for mark, name, *figures in cells:
        padded = zip(figures, widths[2:], strict=True)
        yield "  ".join(
            [mark, name.ljust(widths[1]), *(figure.rjust(width) for figure, width in padded)]
        )


def _legend_cells(entry: Entry) -> list[str]:
    work = entry.work
    rate, share = work.achieved_flops_per_second, entry.point.share
    return [
        entry.mark,
        entry.point.name,
        "" if work.intensity is None else format_fixed(work.intensity, 1, " FLOP/B"),
        "" if rate is None else format_quantity(rate, "FLOP/s"),
        "" if share is None else f"{format_fixed(100 * share, 0)} %",
        entry.point.bound or "",
    ]
