"""The columns of a sweep: a value for each row, or none, and what it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flopscope.analysis.sweep.rows import Row, Sweep
from flopscope.report.sweep import SweepView
from flopscope.units import format_fixed, format_quantity

Value = Callable[[Row], float | None]


@dataclass(frozen=True, slots=True)
class SweepColumn:
    """A figure of a row.

    Attributes:
        name: what asks for it.
        title: what stands above it.
        value: in its unit without a prefix, or None where it is not known.
        unit: such as ``"B"``, or ``""``.
    """

    name: str
    title: str
    value: Value
    unit: str = ""

    def cell(self, row: Row) -> str:
        """The value with a prefix."""
        value = self.value(row)
        if value is None:
            return "-"
        if self.unit == "FLOP/B":
            return format_fixed(value, 1)
        return format_quantity(value, self.unit)


def _figure(name: str) -> Value:
    return lambda row: row.figures.get(name)


def _ratio(above: Value, below: Value) -> Value:
    def ratio(row: Row) -> float | None:
        top, bottom = above(row), below(row)
        return None if top is None or not bottom else top / bottom

    return ratio


def _seconds(row: Row) -> float | None:
    return row.seconds


SWEEP_COLUMNS: tuple[SweepColumn, ...] = (
    SweepColumn("macs", "MACs", _figure("macs")),
    SweepColumn("flops", "FLOPs", _figure("flops")),
    SweepColumn("params", "Params", _figure("params")),
    SweepColumn("moved", "Moved", _figure("bytes_moved"), "B"),
    SweepColumn("outputs", "Outputs", _figure("activation_nbytes"), "B"),
    SweepColumn("peak", "Peak", _figure("peak_nbytes"), "B"),
    SweepColumn("memory", "Memory", _figure("memory_nbytes"), "B"),
    SweepColumn("intensity", "FLOP/B", _ratio(_figure("flops"), _figure("bytes_moved")), "FLOP/B"),
    SweepColumn("seconds", "Time", _seconds, "s"),
    SweepColumn("rate", "Rate", _ratio(_figure("flops"), _seconds), "FLOP/s"),
)

BY_NAME = {column.name: column for column in SWEEP_COLUMNS}

FIGURES_OF = {
    "moved": ("bytes_moved",),
    "outputs": ("activation_nbytes",),
    "peak": ("peak_nbytes",),
    "memory": ("memory_nbytes",),
    "intensity": ("flops", "bytes_moved"),
    "seconds": (),
    "rate": ("flops",),
}
"""The figures that columns of another name need."""

COUNTED_COLUMNS = ("macs", "flops", "params", "moved")
TIMED_COLUMNS = ("macs", "flops", "params", "seconds", "rate")


def columns_of(view: SweepView) -> tuple[SweepColumn, ...]:
    """Those that a view shows."""
    return tuple(BY_NAME[name] for name in view.columns)


def figures_needed(names: tuple[str, ...]) -> tuple[str, ...]:
    """The figures that some columns are made of."""
    needed = (figure for name in names for figure in FIGURES_OF.get(name, (name,)))
    return tuple(dict.fromkeys(needed))


def curves(sweep: Sweep, view: SweepView) -> tuple[str, dict[str, list[tuple[int, float]]]]:
    """The symbol to plot against, and for each combination of all else its points in order."""
    sizes = {name: {row.sizes[name] for row in sweep.rows} for name in sweep.symbols}
    against = view.against or max(sizes, key=lambda name: len(sizes[name]))
    found: dict[str, list[tuple[int, float]]] = {}
    for row in sweep.rows:
        value = BY_NAME[view.plotted].value(row)
        if value is None:
            continue
        parts = [row.target] if len(sweep.targets) > 1 else []
        others = {name: size for name, size in row.sizes.items() if name != against}
        parts += [f"{name} = {size}" for name, size in others.items() if len(sizes[name]) > 1]
        label = " ".join(parts) or row.target
        found.setdefault(label, []).append((row.sizes[against], float(value)))
    return against, {label: sorted(points) for label, points in found.items()}
