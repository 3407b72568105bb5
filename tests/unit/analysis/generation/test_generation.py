"""What generating costs is the prefill and the sum of its steps, each over what came before it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.generation.laws import fit
from flopscope.analysis.generation.steps import Demand, StepCost
from tests.unit.analysis.generation.conversations import (
    HEADS,
    PARAMS,
    generation,
    prefill_cost,
    step_cost,
)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 8))
def test_the_total_is_the_prefill_and_each_step_but_one_for_each_token(
    prompt: int, generate: int, batch: int
) -> None:
    made = generation(prompt, generate, batch)
    steps = [step_cost(batch, past) for past in range(prompt, prompt + generate - 1)]
    assert made.steps == generate - 1
    assert list(made.each_step()) == steps
    assert made.total_macs == prefill_cost(batch, prompt).macs + sum(step.macs for step in steps)


@given(st.integers(1, 40), st.integers(1, 8))
def test_a_causal_prefill_has_the_scores_of_the_lower_triangle(prompt: int, batch: int) -> None:
    causal = generation(prompt, 2, batch).causal_prefill
    assert causal is not None
    seen = prompt * (prompt + 1) // 2
    assert causal.macs == batch * (prompt * PARAMS + 2 * HEADS * seen)
    assert causal.attention_macs == batch * 2 * HEADS * seen


def test_an_encoder_reads_the_whole_prompt() -> None:
    assert replace(generation(), has_encoder=True).causal_prefill is None


@given(st.integers(1, 64), st.integers(0, 100))
def test_any_batch_follows_from_one_and_from_short_ones(batch: int, past: int) -> None:
    assert generation(batch=3).at(batch, past) == step_cost(batch, past).demand


def test_a_token_adds_its_keys_and_values_to_the_cache() -> None:
    made = generation()
    assert made.growth == ((1, 2 * HEADS * 2),)
    assert made.fixed_nbytes == 0
    assert made.cache_nbytes(17) == 2 * 17 * 2 * HEADS * 2


def test_a_window_ends_the_growth_of_the_cache() -> None:
    def windowed(past: int) -> dict[int, StepCost]:
        return {past: step_cost(2, past)._replace(cache_nbytes=2 * min(past, 30) * 7)}

    made = replace(generation(), decode=fit(windowed, 0, 100))
    assert made.growth == ((1, 7), (30, 0))


def test_a_state_that_does_not_grow_is_told_apart_from_what_does() -> None:
    def recurrent(past: int) -> dict[int, StepCost]:
        state = 2 * 100 if past else 0
        return {past: step_cost(2, past)._replace(cache_nbytes=state + 2 * 7 * past)}

    made = replace(generation(), decode=fit(recurrent, 0, 100))
    assert made.growth == ((1, 7),)
    assert made.fixed_nbytes == 100


def test_a_prefill_that_does_many_tokens_for_less_has_no_causal_form() -> None:
    made = generation()
    less = made.prefill._replace(attention_macs=made.step(0).attention_macs)
    assert replace(made, prefill=less).causal_prefill is None


def test_a_mixture_reads_more_for_a_second_sequence() -> None:
    def routed(batch: int) -> dict[int, Demand]:
        read = PARAMS + 100 * min(batch, 8)
        return {batch: Demand(batch * PARAMS, read, 2 * read, 0)}

    made = replace(generation(), batches=fit(routed, 1, 64))
    assert made.is_mixture
    assert made.active_params == PARAMS + 100
    assert not generation().is_mixture


def test_work_with_weights_on_what_is_cached_is_told_apart_from_attention() -> None:
    def expanding(past: int) -> dict[int, StepCost]:
        cost = step_cost(2, past)
        return {past: cost._replace(macs=cost.macs + 2 * 50 * past)}

    assert replace(generation(), decode=fit(expanding, 0, 100)).reworked_macs == 50
    assert not generation().reworked_macs


def test_laws_that_disagree_where_they_meet_are_not_exact() -> None:
    made = generation()
    assert made.is_exact
    off = fit(lambda batch: {batch: Demand(batch * PARAMS, PARAMS, 2 * PARAMS, 0)}, 1, 64)
    assert not replace(made, batches=off).is_exact
