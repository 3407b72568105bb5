"""What a report says of a row: every column that there is, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from flopscope.analysis.restatement import Restatement
from flopscope.errors import UsageError
from flopscope.measurements import COMPILED, CUDA_GRAPH, Reading
from flopscope.report.column import Column, always, on_request, when_limited, when_ours, when_timed
from flopscope.report.rows import Row
from flopscope.report.shapes import format_outputs
from flopscope.report.time import (
    bound,
    error_percent,
    gigabytes_per_second,
    gigaflops_per_second,
    ideal_seconds,
    roofline_percent,
    samples_per_second,
    seconds,
    sum_of_known,
    variant_seconds,
)
from flopscope.report.training import flops_of, when_recomputed, when_trained
from flopscope.spelling import did_you_mean
from flopscope.units import format_fixed, format_quantity

if TYPE_CHECKING:
    from flopscope.report import Report, View

CONVENTION = "convention"
"""The name of the column with the counts in another convention."""


def _name(row: Row, _: Report) -> str:
    return f"{row.name} {row.times}".rstrip()


def _type(row: Row, _: Report) -> str:
    return "" if row.kind == "own" else row.spec.kind


def _output(row: Row, _: Report) -> str:
    if row.kind == "own":
        return ""
    return format_outputs(row.spec.outputs) if row.ran else "not called"


def _input(row: Row, report: Report) -> str:
    """What the model is given: said once, on its own row."""
    is_model = row.kind == "module" and row.nodes[0] is report.profile.root
    return format_outputs(tuple(tensor for _, tensor in report.inputs)) if is_model else ""


def _share(row: Row, report: Report) -> float | None:
    return 100 * row.cost.flops / report.flops if report.flops else None


def _peak(row: Row, _: Report) -> int | None:
    """The most activations that were alive in the whole model while the row's modules ran."""
    if row.kind == "own":
        return max(node.spec.peak_nbytes for node in row.nodes)
    return max(node.peak_nbytes for node in row.nodes)


def _intensity(row: Row, _: Report) -> float | None:
    return row.cost.flops / row.cost.bytes_moved if row.cost.bytes_moved else None


def _reading(name: str, row: Row, report: Report) -> float | None:
    reading = next((reading for reading in report.readings if reading.name == name), None)
    if row.kind == "own" or reading is None:
        return None
    return sum_of_known(
        [
            reading.modules.get(node.scope, None if node.scope else reading.value)
            for node in row.nodes
        ]
    )


_quantity = partial(format_quantity, decimals=2)
_bytes = partial(format_quantity, unit="B", decimals=2)
_duration = partial(format_quantity, unit="s", decimals=2)
_percent = partial(format_fixed, decimals=1, unit="%")
_number = partial(format_fixed, decimals=1)
_compiled = partial(variant_seconds, COMPILED)
_graphed = partial(variant_seconds, CUDA_GRAPH)

COLUMNS: tuple[Column, ...] = (
    Column("module", "Module", _name, str, "name", 100),
    Column("type", "Type", _type, str, "name", 55),
    Column("input", "Input", _input, str, "text", 25, on_request),
    Column("output", "Output", _output, str, "text", 20),
    Column("params", "Params", lambda row, _: row.params, _quantity, "count", 60),
    Column("macs", "MACs", lambda row, _: row.cost.macs, _quantity, "arithmetic", 80, when_ours),
    Column("flops", "FLOPs", lambda row, _: row.cost.flops, _quantity, "arithmetic", 90, when_ours),
    Column("share", "% FLOPs", _share, _percent, "figure", 40, when_ours),
    Column("forward", "Forward", flops_of("forward"), _quantity, "arithmetic", 68, when_trained),
    Column(
        *("recompute", "Recompute", flops_of("recompute"), _quantity, "arithmetic", 64),
        when_recomputed,
    ),
    Column(
        *("dinput", "Input grad", flops_of("input_gradients"), _quantity, "arithmetic", 66),
        when_trained,
    ),
    Column(
        *("dweight", "Weight grad", flops_of("weight_gradients"), _quantity, "arithmetic", 65),
        when_trained,
    ),
    Column(
        *("optimizer", "Optimizer", flops_of("optimizer"), _quantity, "arithmetic", 62),
        when_trained,
    ),
    Column("bytes", "Moved", lambda row, _: row.cost.bytes_moved, _bytes, "count", 30, on_request),
    Column("memory", "Memory", _peak, _bytes, "figure", 30, on_request),
    Column("intensity", "FLOP/B", _intensity, _number, "figure", 30, on_request),
    Column("time", "Time", seconds, _duration, "figure", 70, when_timed),
    Column("error", "±", error_percent, _percent, "figure", 33, on_request, of_models=True),
    Column("compiled", "Compiled", _compiled, _duration, "figure", 44, on_request, of_models=True),
    Column("graph", "CUDA graph", _graphed, _duration, "figure", 43, on_request, of_models=True),
    Column("rate", "GFLOP/s", gigaflops_per_second, _number, "figure", 50, when_timed),
    Column("ideal", "Ideal", ideal_seconds, _duration, "figure", 35, on_request),
    Column("roofline", "% roof", roofline_percent, _percent, "figure", 48, when_limited),
    Column("bound", "Bound", bound, str, "text", 46, when_limited),
    Column("gbps", "GB/s", gigabytes_per_second, _number, "figure", 42, on_request),
    Column(
        "samples",
        "Samples/s",
        samples_per_second,
        _number,
        "figure",
        45,
        on_request,
        of_models=True,
    ),
)
"""Every column of every report. Each counter adds one of its own."""


def columns_of(report: Report, view: View) -> tuple[Column, ...]:
    """The columns to show, the module's name always the first.

    Raises:
        UsageError: there is no column of a name in the view.
    """
    module, *others = available_columns(report)
    if not view.columns:
        return (module, *(column for column in others if column.shown(report)))
    asked = [column_named(name, report) for name in view.columns]
    return (module, *(column for column in asked if column.name != module.name))


def column_named(name: str, report: Report) -> Column:
    """The column of a name.

    Raises:
        UsageError: there is none.
    """
    columns = {column.name: column for column in available_columns(report)}
    if name in columns:
        return columns[name]
    hint = did_you_mean(name, columns) or f"columns: {', '.join(columns)}"
    raise UsageError(f"no column {name!r}", hint=hint)


def available_columns(report: Report) -> Iterator[Column]:
    """Each counter stands beside the column of ours that it compares with."""
    for column in COLUMNS:
        yield column
        if column.name == "flops" and report.restatement is not None:
            yield _restated(report.restatement)
        for reading in report.readings:
            if reading.unit.lower() == column.name:
                yield _counter(reading)


def _restated(restatement: Restatement) -> Column:
    """The counts in another convention, headed by its name and what its authors call them."""
    title = f"{restatement.name} {restatement.convention.label}"
    return Column(CONVENTION, title, _in_convention, _quantity, "arithmetic", 95)


def _in_convention(row: Row, report: Report) -> int | None:
    found = report.restatement
    if found is None:
        return None
    figures = found.own if row.kind == "own" else found.modules
    return sum(figures[node.scope] for node in row.nodes)


def _counter(reading: Reading) -> Column:
    return Column(
        name=reading.name,
        title=f"{reading.name} {reading.unit}",
        value=partial(_reading, reading.name),
        text=_quantity,
        kind="figure",
        importance=75,
        shown=always if reading.modules else on_request,
    )
