"""What there is to say of generating text beside its tables, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.generation.bounds import Bounds
from flopscope.analysis.generation.generation import Generation
from flopscope.report.generation import GenerationReport
from flopscope.report.summary import Fact, assumption_lines
from flopscope.units import format_bytes, format_quantity, many


def facts_above(report: GenerationReport) -> Iterator[Fact]:
    """The model and what it generates."""
    generation, workload = report.generation, report.generation.workload
    whose = "encoder's prompt" if generation.has_encoder else "prompt"
    params = f"{generation.params:,} params · {generation.active_params:,} active for a token"
    yield Fact("model", (f"{params} · {generation.dtype}",))
    sequences = f"{many(workload.batch, 'sequence')} of {many(workload.prompt, 'token')} of {whose}"
    yield Fact("workload", (f"{sequences} and {workload.generate:,} generated",))


def facts_below(report: GenerationReport) -> Iterator[Fact]:
    """What the tables leave out."""
    generation = report.generation
    yield Fact("KV cache", tuple(_cache(generation)))
    memory = generation.memory
    most = format_bytes(memory.nbytes - memory.weight_nbytes)
    weights = f"{format_bytes(memory.nbytes)} = {format_bytes(memory.weight_nbytes)} weights"
    prefill, step = format_bytes(memory.prefill_nbytes), format_bytes(memory.decode_nbytes)
    held = f"{weights} + {most} cache and activations at most"
    yield Fact("memory", (f"{held} ({prefill} in the prefill, {step} in the last step)",))
    stored = tuple(_storage(generation))
    if stored:
        yield Fact("stored", stored)
    yield Fact("prefill", tuple(_prefill(generation)))
    for bounds in report.bounds:
        yield Fact(bounds.installation.name, (bounds_line(bounds),))
    yield Fact("convention", _CONVENTION)
    if generation.assumptions:
        yield Fact("assumed", tuple(assumption_lines(generation.assumptions)))
    notes = tuple(_notes(generation))
    if notes:
        yield Fact("note" if len(notes) == 1 else "notes", notes)


_CONVENTION = (
    "1 MAC = 2 FLOPs; attention is counted dense, with masked scores; causal rows are without",
    "bytes: each weight in use once, and the cache that a step reads or that a prefill writes",
    "bounds are no predictions: matrix products at the vendor's rate, memory at its bandwidth",
)


def _cache(generation: Generation) -> Iterator[str]:
    """How much a token adds, and how much there is."""
    first, end = generation.first_past, generation.first_past + generation.steps
    if generation.fixed_nbytes:
        yield f"{format_quantity(float(generation.fixed_nbytes), 'B')} a sequence, however long"
    for length, nbytes in generation.growth:
        since = "" if length <= 1 else f" beyond {length:,} tokens"
        yield f"{format_quantity(float(nbytes), 'B')} a token and sequence{since}"
    held = format_bytes(generation.cache_nbytes(first))
    yield f"{held} after the prefill, {format_bytes(generation.cache_nbytes(end))} at the end"


def _storage(generation: Generation) -> Iterator[str]:
    """What weights and the cache are taken to be stored in, where that is not the model's type."""
    storage = generation.workload.storage
    if storage.weights is not None:
        yield (
            f"weights as {storage.weights.described}: all parameters of two or more dimensions;"
            " arithmetic stays as it is"
        )
    if storage.cache is not None:
        yield f"KV cache as {storage.cache.described}"


def _prefill(generation: Generation) -> Iterator[str]:
    """What of an n-token forward the prefill leaves out."""
    more = generation.forward.macs - generation.prefill.macs
    if more:
        yield (
            f"scores for the last token alone, as generate asks for; a forward pass with those of"
            f" all tokens takes {generation.forward.macs:,} MACs, {format_quantity(more)} more"
        )
    else:
        yield f"a forward pass of all tokens, {generation.forward.macs:,} MACs"


def bounds_line(bounds: Bounds) -> str:
    """A device's limits, and whether the model fits."""
    rate = bounds.flops_per_second
    shown = "unknown rate" if rate is None else format_quantity(rate, "FLOP/s")
    memory = format_bytes(bounds.installation.memory_nbytes)
    fits = "fits" if bounds.fits else "does not fit: the bounds are as if it did"
    moved = format_quantity(bounds.installation.bytes_per_second, "B/s")
    return (
        f"{shown} of {bounds.generation.dtype}, {moved}, {memory}: {fits}"
        f" ({bounds.installation.device.source})"
    )


def _notes(generation: Generation) -> Iterator[str]:
    if generation.is_mixture:
        yield (
            "tokens are taken to be spread over all experts evenly, so that a batch reads as many"
            " experts as it can"
        )
    if generation.reworked_macs:
        yield (
            f"each step does {format_quantity(float(generation.reworked_macs))} MACs with weights"
            " for each token in the cache, to work it up to what attention takes: kernels that"
            " fold those weights into the query do less"
        )
    if not generation.is_exact:
        yield "what a step costs is no chain of lines; figures between the traced ones are near"
    if generation.uncounted:
        yield f"no formula, counted as zero: {', '.join(generation.uncounted)}"
    yield from generation.notes
