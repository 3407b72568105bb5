"""A report as a trace of measured time for Perfetto (ui.perfetto.dev) and chrome://tracing.

The format is the JSON of Chrome's Trace Event Format: complete events ("X") in microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from flopscope.report.shapes import format_outputs
from flopscope.report.weights import WEIGHTS, frame, require_known, totals
from flopscope.tree import Node

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

Object: TypeAlias = dict[str, Any]

TICKS = 8
"""In a microsecond: all times are whole ticks of 125 ns. So sums of them are exact, also in binary
floating point and in the whole nanoseconds of Perfetto, and no span ends after the next begins."""

THREADS = {"modules": 1, "operators": 2}


def render(report: Report, view: View) -> str:
    """A span for each module inside that of the module that holds it, and one for each operator.

    Durations are medians as measured. Where a span begins is not: modules stand one after another
    in the order of their definition, and what a module took itself is at its end.

    Raises:
        FlopscopeError: the time of modules was not measured.
    """
    return _file((report,), view)


def render_several(several: Several, view: View) -> str:
    """The spans of each model in a process of its own."""
    return _file(several.reports, view)


def _file(reports: Sequence[Report], view: View) -> str:
    events = (
        {**event, "pid": process}
        for process, report in enumerate(reports, 1)
        for event in (*_names(report), *_modules(report), *_operators(report))
    )
    lines = ",\n".join(json.dumps(event, ensure_ascii=view.ascii) for event in events)
    return f'{{"displayTimeUnit": "ms", "traceEvents": [\n{lines}\n]}}'


def _names(report: Report) -> Iterator[Object]:
    yield {"ph": "M", "name": "process_name", "args": {"name": report.target}}
    for name, thread in THREADS.items():
        yield {"ph": "M", "name": "thread_name", "tid": thread, "args": {"name": name}}


def _modules(report: Report) -> Iterator[Object]:
    """A module's span is as long as its own time and its children's, which were measured apart."""
    time = WEIGHTS["time"]
    require_known(time, report)
    took = totals(report, replace(time, own=lambda *module: _ticks(time.own(*module))))

    def spans(node: Node, start: float) -> Iterator[Object]:
        figures = {
            "scope": node.scope,
            "output": format_outputs(node.spec.outputs),
            "calls": node.spec.calls,
            "params": node.params,
            "macs": node.cost.macs,
            "flops": node.cost.flops,
            "bytes_moved": node.cost.bytes_moved,
        }
        yield _span("modules", frame(node), start, took[node.scope], figures)
        for child in node.children:
            if took[child.scope]:
                yield from spans(child, start)
                start += took[child.scope]

    return spans(report.profile.root, 0)


def _operators(report: Report) -> Iterator[Object]:
    seconds = report.timing.operator_seconds if report.timing else {}
    start = 0
    for total in report.operators:
        if total.op in seconds:
            cost = total.cost
            figures = {"calls": total.calls, "macs": cost.macs, "flops": cost.flops}
            took = _ticks(seconds[total.op])
            yield _span("operators", total.op, start, took, figures)
            start += took


def _ticks(seconds: float) -> int:
    """The nearest number of ticks; what took any time at all took one."""
    return max(round(seconds * 1e6 * TICKS), 1 if seconds else 0)


def _span(thread: str, name: str, start: float, ticks: float, figures: Object) -> Object:
    return {
        "ph": "X",
        "name": name,
        "ts": start / TICKS,
        "dur": ticks / TICKS,
        "tid": THREADS[thread],
        "args": figures,
    }
