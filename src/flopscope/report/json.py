"""A report as JSON, schema ``flopscope.report/1``: see docs/json.md and docs/report.schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from flopscope.costs import Cost
from flopscope.measurements import Reading
from flopscope.records import TensorSpec
from flopscope.report.fit import document as document_of_fit
from flopscope.report.json_time import limits_of, time_of_module, time_of_operator, timing_of
from flopscope.report.sizes import memory_of, sizes_of
from flopscope.report.training import document as document_of_training
from flopscope.report.training import module_document
from flopscope.tree import Node, OperatorTotal, Uncounted

if TYPE_CHECKING:
    from flopscope.report import Report, View
    from flopscope.report.several import Several

SCHEMA = "flopscope.report/1"
SCHEMA_OF_SEVERAL = "flopscope.reports/1"

Object: TypeAlias = dict[str, Any]


def render(report: Report, view: View) -> str:
    """The whole report whatever the view shows of it, one module or operator to a line."""
    return as_text(document(report), view)


def render_several(several: Several, view: View) -> str:
    """All reports as they are alone, one to a line, and what failed."""
    written = {
        "schema": SCHEMA_OF_SEVERAL,
        "reports": [document(report) for report in several.reports],
        "failures": [asdict(failure) for failure in several.failures],
    }
    return as_text(written, view)


def as_text(written: Object, view: View) -> str:
    """An object with each of its keys, and each entry of a list, on a line."""
    entries = (f"{json.dumps(key)}: {_value(value, view)}" for key, value in written.items())
    return "{\n  " + ",\n  ".join(entries) + "\n}"


def _value(value: object, view: View) -> str:
    if isinstance(value, list) and value:
        items = (json.dumps(item, ensure_ascii=view.ascii, allow_nan=False) for item in value)
        return "[\n    " + ",\n    ".join(items) + "\n  ]"
    return json.dumps(value, ensure_ascii=view.ascii, allow_nan=False)


def document(report: Report) -> Object:
    """The report in dicts, lists, strings, numbers and None; counts and bytes are ints."""
    return {
        "schema": SCHEMA,
        "target": report.target,
        "module": report.module,
        "inputs": named_tensors(report.inputs),
        "environment": {
            "flopscope": report.environment.flopscope,
            "torch": report.environment.torch,
            "python": report.environment.python,
            "device": report.environment.device,
        },
        "totals": _totals(report.profile.root),
        "sizes": _sizes(report),
        "memory": _memory(report),
        "coverage": {
            "counted_calls": report.profile.counted_calls,
            "free_calls": report.profile.free_calls,
            "uncounted": [_uncounted(entry) for entry in report.uncounted],
        },
        "assumptions": [
            {
                "name": assumption.name,
                "op": assumption.op,
                "scope": assumption.scope,
                "value": assumption.value,
                "calls": assumption.calls,
            }
            for assumption in report.assumptions
        ],
        "notes": list(report.notes),
        "modules": [_module(node, report) for node in report.modules.values()],
        "operators": [_operator(total, report) for total in report.operators],
        "training": document_of_training(report),
        "fit": document_of_fit(report.fit),
        "timing": timing_of(report),
        "limits": limits_of(report),
        "counters": [_counter(reading) for reading in report.readings],
        "restatement": _restatement(report),
    }


def _restatement(report: Report) -> Object | None:
    found = report.restatement
    if found is None:
        return None
    return {
        "convention": found.name,
        "label": found.convention.label,
        "unit": found.convention.unit,
        "source": found.convention.source,
        "value": found.value,
        "modules": dict(found.modules),
    }


def named_tensors(named: Iterable[tuple[str, TensorSpec]]) -> list[Object]:
    """Inputs, as every document has them."""
    return [{"name": name, **_tensor(tensor)} for name, tensor in named]


def _tensor(tensor: TensorSpec) -> Object:
    return {"shape": list(tensor.shape), "dtype": tensor.dtype}


def _cost(cost: Cost) -> Object:
    return {"macs": cost.macs, "flops": cost.flops, "bytes_moved": cost.bytes_moved}


def _totals(node: Node) -> Object:
    return {
        "params": node.params,
        "trainable_params": node.trainable_params,
        "buffers": node.buffers,
        **_cost(node.cost),
    }


def _own(node: Node) -> Object:
    return {
        "params": node.spec.params,
        "trainable_params": node.spec.trainable_params,
        "buffers": node.spec.buffers,
        **_cost(node.own_cost),
    }


def _sizes(report: Report) -> Object:
    sizes = sizes_of(report)
    return {
        "input_bytes": sizes.inputs,
        "activation_bytes": sizes.activations,
        "param_bytes": sizes.params,
        "total_bytes": sizes.total,
    }


def _memory(report: Report) -> Object | None:
    memory, peak = memory_of(report), report.profile.peak
    if memory is None or peak is None:
        return None
    return {
        "param_bytes": memory.params,
        "buffer_bytes": memory.buffers,
        "input_bytes": memory.inputs,
        "activation_bytes": memory.activations,
        "optimizer_state_bytes": memory.optimizer_state,
        "total_bytes": memory.total,
        "scope": peak.scope,
        "op": peak.op,
    }


def _module(node: Node, report: Report) -> Object:
    return {
        "scope": node.scope,
        "type": node.spec.kind,
        "calls": node.spec.calls,
        "outputs": [_tensor(output) for output in node.spec.outputs],
        **_totals(node),
        "own": {**_own(node), **time_of_module(node, report, own=True)},
        "shared": [{"name": name, "owner": owner} for name, owner in node.spec.shared],
        "activation_bytes": None if report.profile.peak is None else node.peak_nbytes,
        **time_of_module(node, report),
        "training": module_document(node, report),
    }


def _operator(total: OperatorTotal, report: Report) -> Object:
    return {
        "op": total.op,
        "coverage": total.coverage,
        "calls": total.calls,
        **_cost(total.cost),
        **time_of_operator(total, report),
    }


def _uncounted(entry: Uncounted) -> Object:
    return {
        "op": entry.op,
        "calls": entry.calls,
        "elements": entry.elements,
        "bytes": entry.nbytes,
        "scopes": list(entry.scopes),
    }


def _counter(reading: Reading) -> Object:
    return {
        "name": reading.name,
        "version": reading.version,
        "unit": reading.unit,
        "value": reading.value,
        "params": reading.params,
        "modules": dict(reading.modules),
        "notes": list(reading.notes),
    }
