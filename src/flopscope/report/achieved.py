"""What a run achieved, as one line for its log."""

from __future__ import annotations

from collections.abc import Iterator

from flopscope.analysis.achieved import Achieved, Steps
from flopscope.units import format_bytes, format_fixed, format_quantity

_A_STEP: dict[Steps, str] = {"training": "step", "passes": "pass", "inference": "pass"}


def line_of(achieved: Achieved) -> str:
    """Step time, FLOPs, FLOP/s, MFU, parameters and memory: what is not known is left out."""
    return " · ".join(("flopscope", *_parts(achieved)))


def note_of(note: str) -> str:
    """What could not be told, as a line of the same log."""
    return f"flopscope · {note}"


def _parts(achieved: Achieved) -> Iterator[str]:
    step = _A_STEP[achieved.kind]
    yield f"{achieved.model} {step} {achieved.step:,}"
    least = "" if achieved.is_complete else "at least "
    if achieved.seconds_per_step is not None:
        yield f"{format_quantity(achieved.seconds_per_step, 's')}/{step}"
    if achieved.flops_per_step is not None:
        yield f"{least}{format_quantity(achieved.flops_per_step, 'FLOPs')}/{step}"
    if achieved.flops_per_second is not None:
        yield f"{least}{format_quantity(achieved.flops_per_second, 'FLOP/s')}"
    if achieved.mfu is not None and achieved.peak_flops_per_second is not None:
        peak = format_quantity(achieved.peak_flops_per_second, "FLOP/s")
        yield (
            f"MFU {least}{format_fixed(100 * achieved.mfu, 1, '%')}"
            f" of {peak} in {achieved.dtype} ({achieved.peak_source})"
        )
    yield f"{format_quantity(achieved.params)} params"
    if achieved.memory_nbytes is not None:
        yield f"{format_bytes(achieved.memory_nbytes)} {achieved.memory_kind} at most"
