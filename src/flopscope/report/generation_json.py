"""What generating text costs as JSON, schema ``flopscope.generation/1``: see docs/llm.md."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction

from flopscope.analysis.generation.bounds import Bounds, Limited
from flopscope.analysis.generation.generation import Generation
from flopscope.analysis.generation.steps import StepCost
from flopscope.report import View
from flopscope.report.generation import GenerationReport
from flopscope.report.json import Object

SCHEMA = "flopscope.generation/1"


def render(report: GenerationReport, view: View) -> str:
    """Everything, whatever the view shows of it."""
    return json.dumps(document(report), ensure_ascii=view.ascii, allow_nan=False, indent=2)


def document(report: GenerationReport) -> Object:
    """The report in dicts, lists, strings, numbers and None; counts and bytes are ints."""
    generation = report.generation
    return {
        "schema": SCHEMA,
        "target": report.target,
        "environment": asdict(report.environment),
        "workload": _workload(generation),
        "params": generation.params,
        "active_params": generation.active_params,
        "dtype": generation.dtype,
        "prefill": _phase(generation.prefill),
        "causal_prefill": _phase(generation.causal_prefill),
        "forward": _phase(generation.forward),
        "first_step": _step(generation, generation.first_past),
        "last_step": _step(generation, generation.last_past),
        "steps": {"count": generation.steps, **_totals(generation.all_steps)},
        "total": {"macs": generation.total_macs, "flops": generation.total_flops},
        "kv_cache": _cache(generation),
        "memory": {**asdict(generation.memory), "nbytes": generation.memory.nbytes},
        "contexts": [
            {"length": length, **_step(generation, length - 1)}
            for length in generation.workload.contexts
        ],
        "devices": [_device(bounds) for bounds in report.bounds],
        "is_exact": generation.is_exact,
        "assumptions": [asdict(assumption) for assumption in generation.assumptions],
        "uncounted": list(generation.uncounted),
        "notes": list(generation.notes),
    }


def _workload(generation: Generation) -> Object:
    workload, storage = generation.workload, generation.workload.storage
    return {
        "prompt": workload.prompt,
        "generate": workload.generate,
        "batch": workload.batch,
        "has_encoder": generation.has_encoder,
        "weights": storage.weights.name if storage.weights else None,
        "kv_dtype": storage.cache.name if storage.cache else None,
    }


def _phase(cost: StepCost | None) -> Object | None:
    return None if cost is None else {**_totals(cost), "intensity": cost.intensity}


def _totals(cost: StepCost) -> Object:
    return {
        "macs": cost.macs,
        "flops": cost.flops,
        "attention_macs": cost.attention_macs,
        "attention_flops": cost.attention_flops,
        "weight_nbytes": cost.weight_nbytes,
        "cache_nbytes": cost.cache_nbytes,
    }


def _step(generation: Generation, past: int) -> Object:
    cost = generation.step(past)
    return {"past": past, **_totals(cost), "intensity": cost.intensity}


def _cache(generation: Generation) -> Object:
    first, end = generation.first_past, generation.first_past + generation.steps
    return {
        "fixed_nbytes": _number(generation.fixed_nbytes),
        "growth": [
            {"from": length, "nbytes_per_token": _number(nbytes)}
            for length, nbytes in generation.growth
        ],
        "prefill_nbytes": generation.cache_nbytes(first),
        "end_nbytes": generation.cache_nbytes(end),
    }


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _device(bounds: Bounds) -> Object:
    generation, installation = bounds.generation, bounds.installation
    past = generation.first_past
    return {
        "device": installation.device.name,
        "count": installation.count,
        "source": installation.device.source,
        "flops_per_second": bounds.flops_per_second,
        "bytes_per_second": installation.bytes_per_second,
        "memory_nbytes": installation.memory_nbytes,
        "first_token": _limited(bounds.first_token),
        "dense_first_token": _limited(bounds.dense_first_token),
        "first_step": _limited(bounds.step(past)),
        "last_step": _limited(bounds.step(generation.last_past)),
        "all_steps_seconds": bounds.all_steps_seconds,
        "tokens_per_second": bounds.mean_tokens_per_second,
        "compute_bound_batch": bounds.compute_bound_batch(past),
        "fits": bounds.fits,
        "devices_needed": bounds.devices_needed,
        "contexts": [
            {
                "length": length,
                **_limited(bounds.step(length - 1)),
                "tokens_per_second": bounds.tokens_per_second(length - 1),
                "compute_bound_batch": bounds.compute_bound_batch(length - 1),
            }
            for length in generation.workload.contexts
        ],
    }


def _limited(limited: Limited) -> Object:
    return {"seconds": limited.seconds, "bound": limited.bound}
