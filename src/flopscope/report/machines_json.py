"""Models on several machines as JSON, schema ``flopscope.machines/1``: see docs/machines.md."""

from __future__ import annotations

import json
from dataclasses import asdict

from flopscope.analysis.comparison import Comparison
from flopscope.analysis.machines import Machines, Model
from flopscope.analysis.written import Layer, Written
from flopscope.report import View
from flopscope.report.json import Object
from flopscope.report.machines_words import explanation

SCHEMA = "flopscope.machines/1"


def render(machines: Machines, view: View) -> str:
    """Everything, whatever the view shows of it."""
    return json.dumps(document(machines), ensure_ascii=view.ascii, allow_nan=False, indent=2)


def document(machines: Machines) -> Object:
    """The comparison in dicts, lists, strings, numbers and None."""
    return {
        "schema": SCHEMA,
        "machines": [machine.name for machine in machines.machines],
        "models": [_model(model) for model in machines.models],
        "alone": [
            {"machine": report.name, "target": report.target, "module": report.module}
            for report in machines.alone
        ],
        "failures": [
            {"machine": machine.name, "target": target, "message": message}
            for machine in machines.machines
            for target, message in machine.failures
        ],
    }


def _model(model: Model) -> Object:
    return {
        "target": model.reports[0].target,
        "module": model.reports[0].module,
        "absent": list(model.absent),
        "reports": [_report(report) for report in model.reports],
        "comparisons": [_comparison(comparison) for comparison in model.comparisons],
    }


def _report(report: Written) -> Object:
    allowed = report.allowed
    return {
        "machine": report.name,
        "inputs": [
            {"name": name, "shape": list(shape), "dtype": dtype}
            for name, shape, dtype in report.inputs
        ],
        "versions": dict(report.versions),
        "timing": asdict(report.run) if report.run else None,
        "limits": {"origin": allowed.origin, "dtype": allowed.dtype, **asdict(allowed.limits)}
        if allowed
        else None,
        "layers": [_layer(layer, report) for layer in report.layers],
    }


def _layer(layer: Layer, report: Written) -> Object:
    work = report.performance(layer)
    return {
        "scope": layer.scope,
        "type": layer.kind,
        "macs": layer.counts.macs,
        "flops": layer.counts.flops,
        "bytes_moved": layer.counts.bytes_moved,
        "seconds": layer.seconds,
        "ideal_seconds": layer.ideal_seconds,
        "flops_per_second": work.achieved_flops_per_second,
        "bytes_per_second": work.achieved_bytes_per_second,
        "peak_share": work.peak_share,
        "roofline_share": layer.roofline_share,
        "bound": layer.bound,
    }


def _comparison(comparison: Comparison) -> Object:
    return {
        "base": comparison.base.name,
        "other": comparison.other.name,
        "speed": comparison.speed,
        "error": comparison.error,
        "peak": comparison.peak,
        "bandwidth": comparison.bandwidth,
        "starting": comparison.starting,
        "allowed": comparison.allowed,
        "nearness": comparison.nearness,
        "parts": [{**asdict(part), "speed": part.speed} for part in comparison.parts()],
        "differing": list(comparison.differing),
        "words": list(explanation(comparison)),
    }
