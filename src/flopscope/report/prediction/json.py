"""Predictions as JSON, schema ``flopscope.prediction/1``: see docs/prediction.schema.json."""

from __future__ import annotations

from dataclasses import asdict

from flopscope.analysis.prediction.workload import Memory, Outlook, Workload
from flopscope.report import View
from flopscope.report.json import Object, as_text, named_tensors
from flopscope.report.prediction import PredictionReport, operators_of
from flopscope.report.prediction.layers import layers
from flopscope.report.prediction.several import Predictions

SCHEMA = "flopscope.prediction/1"
SCHEMA_OF_SEVERAL = "flopscope.predictions/1"


def render(report: PredictionReport, view: View) -> str:
    """Everything, whatever the view shows of it, a device to a line."""
    return as_text(document(report), view)


def render_several(several: Predictions, view: View) -> str:
    """All reports as they are alone, one to a line, and what failed."""
    written = {
        "schema": SCHEMA_OF_SEVERAL,
        "predictions": [document(report) for report in several.reports],
        "failures": [asdict(failure) for failure in several.failures],
    }
    return as_text(written, view)


def document(report: PredictionReport) -> Object:
    """The report in dicts, lists, strings, numbers and None; counts and bytes are ints."""
    return {
        "schema": SCHEMA,
        "target": report.target,
        "module": report.workload.module,
        "environment": asdict(report.environment),
        "workload": _workload(report.workload),
        "devices": [_device(outlook) for outlook in report.outlooks],
        "assumptions": [asdict(assumption) for assumption in report.assumptions],
        "notes": list(report.notes),
    }


def _workload(workload: Workload) -> Object:
    return {
        "inputs": named_tensors(workload.inputs.items()),
        "samples": workload.samples,
        "variant": workload.variant,
        "dtype": workload.dtype,
        "autocast": workload.autocast,
        "half_norms": workload.half_norms,
        "channels_last": workload.channels_last,
        "flops": workload.flops,
        "memory": _memory(workload.memory),
    }


def _memory(memory: Memory | None) -> Object | None:
    if memory is None:
        return None
    return {
        "param_bytes": memory.params,
        "buffer_bytes": memory.buffers,
        "input_bytes": memory.inputs,
        "activation_bytes": memory.activations,
        "total_bytes": memory.total,
    }


def _device(outlook: Outlook) -> Object:
    prediction = outlook.prediction
    stream = prediction.stream
    return {
        "device": prediction.device.name,
        "vendor": prediction.device.vendor,
        "source": prediction.device.source,
        "tier": prediction.tier,
        "scalars": None if outlook.scalars is None else asdict(outlook.scalars),
        "sustains": prediction.sustains,
        "floor_seconds": stream.floor_seconds,
        "roofline_seconds": stream.roofline_seconds,
        "seconds": prediction.seconds,
        "low_seconds": prediction.low_seconds,
        "high_seconds": prediction.high_seconds,
        "host_seconds": stream.host_seconds,
        "kernels": len(stream.timed),
        "launch_share": stream.launch_share,
        "unknown_share": stream.unknown_share,
        "samples_per_second": outlook.samples_per_second,
        "flops_per_second": outlook.flops_per_second,
        "peak_flops_per_second": outlook.peak_flops_per_second,
        "peak_share": outlook.peak_share,
        "memory_bytes": outlook.memory_nbytes,
        "fits": outlook.fits,
        "samples_per_joule": outlook.samples_per_joule,
        "price_per_hour": outlook.price_per_hour,
        "price_per_million_samples": outlook.price_per_million,
        "warnings": list(prediction.warnings),
        "assumptions": list(outlook.assumptions),
        "remedies": [asdict(remedy) for remedy in outlook.remedies],
        "modules": [
            {
                "scope": layer.scope,
                "type": layer.kind,
                "seconds": layer.spent.seconds,
                "compute_seconds": layer.spent.compute,
                "memory_seconds": layer.spent.memory,
                "launch_seconds": layer.spent.launch,
                "kernels": layer.spent.kernels,
                "limit": layer.spent.limit,
            }
            for layer in layers(outlook, View(fold=False))
            if layer.kind
        ],
        "operators": [
            {
                "op": part.name,
                "seconds": part.seconds,
                "kernels": part.launches,
                "limit": part.limit,
            }
            for part in operators_of(outlook)
        ],
    }
