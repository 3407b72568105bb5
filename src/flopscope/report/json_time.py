"""What a JSON report says of time: as measured, and the least that the machine allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from flopscope.report.limits import limited
from flopscope.report.speed import flops_per_second
from flopscope.roofline import Ideal
from flopscope.tree import Node, OperatorTotal

if TYPE_CHECKING:
    from flopscope.report import Report

Object: TypeAlias = dict[str, Any]


def timing_of(report: Report) -> Object | None:
    """What was measured of the whole model, or None."""
    timing = report.timing
    if timing is None:
        return None
    median = timing.median_seconds
    return {
        "device": timing.device,
        "device_name": timing.device_name,
        "threads": timing.threads,
        "runs": len(timing.seconds),
        "seconds": list(timing.seconds),
        "median_seconds": median,
        "iqr_seconds": timing.iqr_seconds,
        "p95_seconds": timing.p95_seconds,
        "median_error": timing.median_error,
        "overhead_seconds": timing.overhead_seconds,
        "activation_bytes": timing.activation_nbytes,
        "samples": timing.samples,
        "samples_per_second": timing.samples_per_second,
        "variants": [
            {
                "name": variant.name,
                "runs": len(variant.seconds),
                "median_seconds": variant.median_seconds,
                "preparation_seconds": variant.preparation_seconds,
            }
            for variant in timing.variants
        ],
        "notes": list(timing.notes),
        "flops_per_second": flops_per_second(report.flops, median),
    }


def limits_of(report: Report) -> Object | None:
    """What the machine allows, or None where that is not known."""
    ideals = report.ideals
    if ideals is None:
        return None
    machine = ideals.machine
    return {
        "name": machine.name,
        "origin": machine.origin,
        "dtype": ideals.dtype,
        "flops_per_second": ideals.peak_flops_per_second,
        "bytes_per_second": machine.bytes_per_second(report.bytes_moved),
        "seconds_per_call": machine.seconds_per_call,
    }


def time_of_module(node: Node, report: Report, *, own: bool = False) -> Object:
    """Measured and least seconds of a module and what is inside it, and what limits it.

    Or of its own work alone, as the ``(own)`` row of the table has it.
    """
    found = limited(report, node, own=own)
    return {
        "seconds": found.seconds,
        "ideal_seconds": _seconds(found.ideal),
        "bound": found.bound,
    }


def time_of_operator(total: OperatorTotal, report: Report) -> Object:
    """Measured and least seconds of all calls of an operator, and what limits them."""
    seconds = report.timing.operator_seconds.get(total.op) if report.timing else None
    ideal = report.ideals.operators.get(total.op) if report.ideals else None
    per_call = report.ideals.machine.seconds_per_call if report.ideals else None
    return {
        "seconds": seconds,
        "ideal_seconds": _seconds(ideal),
        "bound": ideal.bound(seconds, per_call) if ideal else None,
    }


def _seconds(ideal: Ideal | None) -> float | None:
    return None if ideal is None else ideal.seconds
