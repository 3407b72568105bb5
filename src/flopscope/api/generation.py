"""A language model in Python to what it costs to generate text with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from flopscope import assumptions
from flopscope.analysis.generation.bounds import Bounds, installation_of
from flopscope.analysis.generation.generation import Workload
from flopscope.analysis.generation.storage import storage_of
from flopscope.api.models import check_model, device_of
from flopscope.generating import generation_of
from flopscope.profiling import (
    environment,
)
from flopscope.report.generation import GenerationReport


def llm(
    model: nn.Module,
    *,
    prompt: int = 2048,
    generate: int = 256,
    batch: int = 1,
    contexts: Sequence[int] = (),
    devices: Sequence[str] = (),
    weights: str | None = None,
    kv_dtype: str | None = None,
    assume: Mapping[str, float] | None = None,
) -> GenerationReport:
    """Count what it costs a model with a cache to read a prompt and to generate tokens.

    The model is left as it was found, and no arithmetic is done.

    Args:
        model: one of transformers that generates, or one whose forward takes tokens and a cache and
            returns scores and the cache. It may lie on any device, the meta device included.
        prompt: tokens that each sequence starts with, or that the encoder is given.
        generate: tokens to add to each: the prefill gives the first, a step each other.
        batch: sequences at a time.
        contexts: lengths of a sequence to look at a step at.
        devices: what to say how fast it could be on, such as ``"8x H100 SXM"``.
        weights: the format that weights are stored in, such as ``"int4"``; None for their own.
        kv_dtype: the format that the cache is stored in.
        assume: as for :func:`profile`.

    Raises:
        TargetError: that is no model.
        InputError: it keeps no cache.
        TraceError: it raised.
        UsageError: there is no such device or format.
    """
    check_model(model)
    storage = storage_of(weights, kv_dtype)
    installations = tuple(map(installation_of, devices))
    assumed = assumptions.parse(f"{name}={value}" for name, value in (assume or {}).items())
    workload = Workload(prompt, generate, batch, tuple(contexts), storage)
    generation = generation_of(model, workload, assume=assumed)
    bounds = tuple(Bounds(generation, each) for each in installations)
    return GenerationReport(type(model).__name__, environment(device_of(model)), generation, bounds)
