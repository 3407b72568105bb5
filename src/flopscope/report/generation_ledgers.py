"""The tables of a report on generating text: of its calls, of devices and of lengths."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.generation.bounds import Bounds
from flopscope.analysis.generation.generation import Generation
from flopscope.analysis.generation.steps import StepCost
from flopscope.report.generation import GenerationReport
from flopscope.report.ledger import NOTHING, Ledger
from flopscope.units import format_bytes, format_fixed, format_quantity, many


def ledgers(report: GenerationReport) -> Iterator[Ledger]:
    """The tables that there is something for."""
    yield calls(report.generation)
    if report.bounds:
        yield devices(report.bounds)
    if report.generation.workload.contexts:
        yield contexts(report)


def calls(generation: Generation) -> Ledger:
    """Prefill, first and last step, and the sum over the steps, each with what it asks for."""
    workload, prefill = generation.workload, generation.prefill
    columns = [("Prefill", workload.batch * workload.prompt, prefill)]
    if generation.steps:
        first, last = generation.first_past, generation.last_past
        everything = generation.all_steps
        columns += [
            ("First step", workload.batch, generation.step(first)),
            ("Last step", workload.batch, generation.step(last)),
            (f"All {generation.steps:,}", workload.batch * generation.steps, everything),
        ]
    costs = [cost for _, _, cost in columns]
    causal = generation.causal_prefill
    rows = [
        ("tokens", *(f"{tokens:,}" for _, tokens, _ in columns)),
        ("MACs", *(format_quantity(cost.macs) for cost in costs)),
        ("FLOPs", *(format_quantity(cost.flops) for cost in costs)),
        ("  attention, MACs", *(format_quantity(cost.attention_macs) for cost in costs)),
    ]
    if causal is not None:
        blanks = ("",) * (len(columns) - 1)
        rows += [
            ("  causal, MACs", format_quantity(causal.macs), *blanks),
            ("  causal, attention", format_quantity(causal.attention_macs), *blanks),
        ]
    rows += [
        ("weights read", *(format_bytes(cost.weight_nbytes) for cost in costs)),
        ("KV cache", *(format_bytes(cost.cache_nbytes) for cost in costs)),
        ("FLOP/B", *map(_intensity, costs)),
    ]
    return Ledger(("", *(title for title, _, _ in columns)), tuple(rows))


def _intensity(cost: StepCost) -> str:
    return NOTHING if cost.intensity is None else format_fixed(cost.intensity, 1)


def devices(bounds: tuple[Bounds, ...]) -> Ledger:
    """Each device's limits, and how fast it could be at best."""
    titles = (
        *("At best on", "Tokens/s", "per sequence", "First token", "Step"),
        *("Step's limit", "Compute-bound from", "if short", "Needs"),
    )
    return Ledger(titles, tuple(map(_device, bounds)))


def _device(bounds: Bounds) -> tuple[str, ...]:
    generation = bounds.generation
    past = generation.first_past
    rate = bounds.mean_tokens_per_second
    return (
        bounds.installation.name,
        _at_most(rate),
        _at_most(None if rate is None else rate / generation.workload.batch),
        _at_least(bounds.first_token.seconds),
        _at_least(bounds.step(past).seconds),
        bounds.step(past).bound or NOTHING,
        _batch(bounds, past),
        _batch(bounds, generation.decode.first),
        many(bounds.devices_needed, "device"),
    )


def _batch(bounds: Bounds, past: int) -> str:
    """From which batch on arithmetic limits a step, if from any."""
    if bounds.flops_per_second is None:
        return NOTHING
    batch = bounds.compute_bound_batch(past)
    return "no batch" if batch is None else f"batch {batch:,}"


def contexts(report: GenerationReport) -> Ledger:
    """What a step costs by the length of the sequence, and how fast it could be on each device."""
    generation = report.generation
    titles = (
        *("Tokens", "Step MACs", "Step FLOPs", "KV cache", "FLOP/B"),
        *(f"{bounds.installation.name}, tokens/s" for bounds in report.bounds),
    )
    rows = []
    for length in generation.workload.contexts:
        cost = generation.step(length - 1)
        rates = (_at_most(bounds.tokens_per_second(length - 1)) for bounds in report.bounds)
        figures = (format_quantity(cost.macs), format_quantity(cost.flops))
        held = format_bytes(generation.cache_nbytes(length))
        rows.append((f"{length:,}", *figures, held, _intensity(cost), *rates))
    return Ledger(titles, tuple(rows))


def _at_most(rate: float | None) -> str:
    return NOTHING if rate is None else f"≤ {format_quantity(rate)}"


def _at_least(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"≥ {format_quantity(seconds, 's')}"
