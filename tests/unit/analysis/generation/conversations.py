"""A model that generates text, by closed forms: layers of attention with a table of scores."""

from __future__ import annotations

from flopscope.analysis.generation.generation import Generation, Memory, Workload
from flopscope.analysis.generation.laws import fit
from flopscope.analysis.generation.steps import StepCost

PARAMS = 1000
"""All of which a token meets once, and each of which takes two bytes."""

HEADS = 8
"""Channels of keys, and as many of values, in each of which a token in the cache is met once."""


def step_cost(batch: int, past: int) -> StepCost:
    """A step of a dense model in bfloat16."""
    attention = batch * 2 * HEADS * (past + 1)
    macs = batch * PARAMS + attention
    held = batch * past * 2 * HEADS * 2
    return StepCost(macs, PARAMS, 2 * PARAMS, held, 2 * macs, attention, 2 * attention)


def prefill_cost(batch: int, prompt: int) -> StepCost:
    """A prefill with dense attention, and scores for all tokens."""
    attention = batch * 2 * HEADS * prompt**2
    macs = batch * prompt * PARAMS + attention
    held = batch * prompt * 2 * HEADS * 2
    return StepCost(macs, PARAMS, 2 * PARAMS, held, 2 * macs, attention, 2 * attention)


def generation(prompt: int = 10, generate: int = 5, batch: int = 2, most: int = 64) -> Generation:
    """What generating costs that model."""
    prefill = prefill_cost(batch, prompt)
    return Generation(
        workload=Workload(prompt, generate, batch, contexts=(8, 16)),
        has_encoder=False,
        dtype="bfloat16",
        params=PARAMS,
        prefill=prefill,
        forward=prefill,
        decode=fit(lambda past: {past: step_cost(batch, past)}, 0, 100),
        batches=fit(lambda each: {each: step_cost(each, 0).demand}, 1, most),
        memory=Memory(2 * PARAMS, 3000, 500),
    )
