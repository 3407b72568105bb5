"""What a report says of the batch that fits into some memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flopscope.analysis.fitting import Fit, Way
from flopscope.units import format_bytes

NAMED = 3
"""Patterns of checkpointed modules that are named; the JSON has all."""


def fit_lines(fit: Fit) -> Iterator[str]:
    """The largest batch, one line for each way to run the model."""
    for way in fit.ways:
        how = f", with {_checkpointed(way)} checkpointed" if way.checkpoint else ""
        limit, taken = format_bytes(fit.limit_nbytes), format_bytes(way.nbytes)
        if way.batch is None:
            yield f"not in {limit}: the smallest batch takes {taken}{how}"
        else:
            yield f"in {limit} at a batch of {way.batch:,} ({taken}){how}"


def _checkpointed(way: Way) -> str:
    some = ", ".join(way.checkpoint[:NAMED])
    more = len(way.checkpoint) - NAMED
    return f"{some} and {more} more" if more > 0 else some


def document(fit: Fit | None) -> dict[str, Any] | None:
    """The same as JSON has it; None where it was not asked for."""
    if fit is None:
        return None
    return {
        "limit_bytes": fit.limit_nbytes,
        "ways": [
            {
                "checkpoint": list(way.checkpoint),
                "batch": way.batch,
                "total_bytes": way.nbytes,
            }
            for way in fit.ways
        ],
    }
