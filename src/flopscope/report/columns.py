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
from flopscope.report.unit import BYTES, COUNT, NUMBER, PERCENT, SECONDS, WORDS
from flopscope.spelling import did_you_mean

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


def _peak(row: Row, report: Report) -> int | None:
    """The most activations that were alive in the whole model while the row's modules ran.

    None where that was not followed.
    """
    if report.profile.peak is None:
        return None
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


_compiled = partial(variant_seconds, COMPILED)
_graphed = partial(variant_seconds, CUDA_GRAPH)


def _params(row: Row, _: Report) -> int:
    return row.params


def _macs(row: Row, _: Report) -> int:
    return row.cost.macs


def _flops(row: Row, _: Report) -> int:
    return row.cost.flops


def _moved(row: Row, _: Report) -> int:
    return row.cost.bytes_moved


_FORWARD, _AGAIN = flops_of("forward"), flops_of("recompute")
_INPUT, _WEIGHT = flops_of("input_gradients"), flops_of("weight_gradients")
_STEP = flops_of("optimizer")

_when_ours = partial(Column, shown=when_ours)
_when_trained = partial(Column, shown=when_trained)
_when_recomputed = partial(Column, shown=when_recomputed)
_on_request = partial(Column, shown=on_request)
_when_timed = partial(Column, shown=when_timed)
_when_limited = partial(Column, shown=when_limited)
_of_models = partial(Column, shown=on_request, of_models=True)

COLUMNS: tuple[Column, ...] = (
    Column("module", "Module", "module", _name, WORDS, "name", 100),
    Column("type", "Type", "type", _type, WORDS, "name", 55),
    _on_request("input", "Input", "input", _input, WORDS, "text", 25),
    Column("output", "Output", "output", _output, WORDS, "text", 20),
    Column("params", "Params", "params", _params, COUNT, "count", 60),
    _when_ours("macs", "MACs", "macs", _macs, COUNT, "arithmetic", 80),
    _when_ours("flops", "FLOPs", "flops", _flops, COUNT, "arithmetic", 90),
    _when_ours("share", "% FLOPs", "flops_percent", _share, PERCENT, "figure", 40),
    _when_trained("forward", "Forward", "forward_flops", _FORWARD, COUNT, "arithmetic", 68),
    _when_recomputed("recompute", "Recompute", "recompute_flops", _AGAIN, COUNT, "arithmetic", 64),
    _when_trained("dinput", "Input grad", "input_gradient_flops", _INPUT, COUNT, "arithmetic", 66),
    _when_trained(
        "dweight", "Weight grad", "weight_gradient_flops", _WEIGHT, COUNT, "arithmetic", 65
    ),
    _when_trained("optimizer", "Optimizer", "optimizer_flops", _STEP, COUNT, "arithmetic", 62),
    _on_request("bytes", "Moved", "bytes_moved", _moved, BYTES, "count", 30),
    _on_request("memory", "Memory", "activation_bytes", _peak, BYTES, "figure", 30),
    _on_request("intensity", "FLOP/B", "flops_per_byte", _intensity, NUMBER, "figure", 30),
    _when_timed("time", "Time", "seconds", seconds, SECONDS, "figure", 70),
    _of_models("error", "±", "error_percent", error_percent, PERCENT, "figure", 33),
    _of_models("compiled", "Compiled", "compiled_seconds", _compiled, SECONDS, "figure", 44),
    _of_models("graph", "CUDA graph", "cuda_graph_seconds", _graphed, SECONDS, "figure", 43),
    _when_timed(
        "rate", "GFLOP/s", "gigaflops_per_second", gigaflops_per_second, NUMBER, "figure", 50
    ),
    _on_request("ideal", "Ideal", "ideal_seconds", ideal_seconds, SECONDS, "figure", 35),
    _when_limited(
        "roofline", "% roof", "roofline_percent", roofline_percent, PERCENT, "figure", 48
    ),
    _when_limited("bound", "Bound", "bound", bound, WORDS, "text", 46),
    _on_request("gbps", "GB/s", "gigabytes_per_second", gigabytes_per_second, NUMBER, "figure", 42),
    _of_models(
        "samples", "Samples/s", "samples_per_second", samples_per_second, NUMBER, "figure", 45
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
    return Column(CONVENTION, title, "restated", _in_convention, COUNT, "arithmetic", 95)


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
        key=f"{reading.name}_{reading.unit.lower()}",
        value=partial(_reading, reading.name),
        unit=COUNT,
        kind="figure",
        importance=75,
        shown=always if reading.modules else on_request,
    )
