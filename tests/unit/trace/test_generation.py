"""A model with a cache is traced call by call: each is what it would be alone."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from flopscope import tree
from flopscope.analysis.generation.generation import Generation, Workload
from flopscope.analysis.generation.steps import StepCost, step_cost
from flopscope.analysis.generation.storage import Storage
from flopscope.errors import InputError, TraceError
from flopscope.generating import generation_of
from flopscope.load.callers import caller_of
from flopscope.load.callers.turns import Turns
from flopscope.records import TensorSpec
from flopscope.trace import building, trace, trace_calls

EXAMPLE = Path(__file__).parents[3] / "examples" / "decoder.py"
WORDS, WIDTH, LAYERS, HEADS = 100, 32, 3, 4

LINEAR = LAYERS * 4 * WIDTH**2 + WORDS * WIDTH
"""Weights that each token meets once: four matrices a layer, and the table of scores."""

CACHED = LAYERS * 2 * WIDTH
"""Elements that a token adds to the cache: a key and a value a layer."""


@pytest.fixture(scope="module")
def decoder() -> nn.Module:
    with building():
        model: nn.Module = runpy.run_path(str(EXAMPLE))["Decoder"](WORDS, WIDTH, LAYERS, HEADS)
    return model.eval()


def macs_of_step(batch: int, past: int) -> int:
    return batch * (LINEAR + LAYERS * 2 * WIDTH * (past + 1))


def macs_of_prefill(batch: int, prompt: int) -> int:
    return batch * (prompt * LINEAR + LAYERS * 2 * WIDTH * prompt**2)


def calls(model: nn.Module, turns: Turns) -> tuple[StepCost, ...]:
    caller = caller_of(model)
    traced = trace_calls(model, caller.drive(turns), caller.cache_in)
    held: tuple[TensorSpec, ...] = ()
    costs = []
    for call in traced:
        costs.append(step_cost(call, held, Storage()))
        held = call.cache
    return tuple(costs)


def counted(model: nn.Module, **workload: Any) -> Generation:
    return generation_of(model, Workload(**workload))


@pytest.mark.parametrize(("prompt", "generate", "batch"), [(7, 5, 1), (12, 9, 3), (1, 4, 2)])
def test_each_step_has_its_closed_form(decoder, prompt: int, generate: int, batch: int) -> None:
    made = counted(decoder, prompt=prompt, generate=generate, batch=batch)
    assert made.prefill.macs == macs_of_prefill(batch, prompt)
    for step, past in zip(made.each_step(), range(prompt, prompt + generate - 1), strict=True):
        assert step.macs == macs_of_step(batch, past)
        assert step.attention_macs == batch * LAYERS * 2 * WIDTH * (past + 1)
        assert step.cache_nbytes == batch * past * CACHED * 4
        assert step.weight_nbytes == 4 * (LINEAR + min(batch, WORDS) * WIDTH)


def test_the_law_of_steps_sums_to_one_trace_of_the_whole_loop(decoder) -> None:
    made = counted(decoder, prompt=6, generate=11, batch=2)
    prefill, *steps = calls(decoder, Turns(batch=2, prompt=6, past=6, steps=10))
    assert prefill.macs == made.prefill.macs
    assert made.all_steps == StepCost(*map(sum, zip(*steps, strict=True)))
    assert list(made.each_step()) == steps


def test_a_prefill_is_the_forward_pass_of_as_many_tokens(decoder) -> None:
    made = counted(decoder, prompt=9, generate=1, batch=2)
    forward = tree.profile(trace(decoder, (torch.zeros(2, 9, dtype=torch.int64),)))
    assert made.prefill == made.forward
    assert (made.prefill.macs, made.prefill.flops) == (
        forward.root.cost.macs,
        forward.root.cost.flops,
    )


def test_a_step_is_the_same_whether_its_cache_was_filled_at_once_or_step_by_step(decoder) -> None:
    *_, stepwise = calls(decoder, Turns(batch=1, prompt=1, past=1, steps=8))
    *_, at_once = calls(decoder, Turns(batch=1, prompt=8, past=8, steps=1))
    assert stepwise == at_once


def test_memory_is_that_of_the_cache_and_of_what_is_alive_beside_it(decoder) -> None:
    made = counted(decoder, prompt=50, generate=3, batch=2)
    assert made.memory.weight_nbytes == 4 * (LINEAR + WORDS * WIDTH)
    cache = 2 * 50 * CACHED * 4
    assert made.cache_nbytes(50) == cache
    # at the end: the scores of all tokens and what they were made of, beside the cache
    assert made.memory.prefill_nbytes >= cache + 2 * 50 * (WORDS + WIDTH) * 4


def test_what_happens_between_the_calls_is_not_the_model_s(decoder) -> None:
    caller = caller_of(decoder)
    drive = caller.drive(Turns(batch=1, prompt=4, past=4, steps=1))

    def and_more(model: nn.Module) -> None:
        torch.ones(3, 3) @ torch.ones(3, 3)
        drive(model)

    (prefill, step) = trace_calls(decoder, and_more, caller.cache_in)
    plain = trace_calls(decoder, drive, caller.cache_in)
    assert [len(call.trace.calls) for call in (prefill, step)] == [
        len(call.trace.calls) for call in plain
    ]


def test_the_model_is_left_as_it_was_found(decoder) -> None:
    before = {name: dict(module.__dict__) for name, module in decoder.named_modules()}
    hooks = len(decoder._forward_hooks)
    counted(decoder, prompt=3, generate=2)
    assert len(decoder._forward_hooks) == hooks
    for name, module in decoder.named_modules():
        assert module.__dict__.keys() == before[name].keys()
    assert all(parameter.is_meta for parameter in decoder.parameters())


class Takes(nn.Module):
    """Keeps its cache in some way, and checks what it is told of places."""

    def __init__(self, returned: Callable[[Tensor, Tensor], Any]) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.embedding = nn.Embedding(10, 4)
        self.returned = returned

    def run(self, tokens: Tensor, past: Tensor | None) -> Any:
        x = self.embedding(tokens)
        states = x if past is None else torch.cat([past, x], dim=1)
        return self.returned(self.linear(x), states)


class ByKey(Takes):
    def forward(self, tokens: Tensor, past_key_values: Tensor | None = None) -> Any:
        return self.run(tokens, past_key_values)


class Required(Takes):
    def forward(self, tokens: Tensor, state: Tensor | None) -> Any:
        return self.run(tokens, state)


class Placed(Takes):
    def forward(
        self, tokens: Tensor, start_pos: int, input_pos: Tensor, cache: Tensor | None = None
    ) -> Any:
        assert input_pos.tolist() == list(range(start_pos, start_pos + tokens.shape[1]))
        assert start_pos == (0 if cache is None else cache.shape[1])
        return self.run(tokens, cache)


def under_its_name(scores: Tensor, states: Tensor) -> dict[str, Tensor]:
    return {"scores": scores, "past_key_values": states}


def second(scores: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    return scores, states


@pytest.mark.parametrize("model", [ByKey(under_its_name), Required(second), Placed(second)])
def test_a_cache_is_found_by_name_or_second(model: nn.Module) -> None:
    made = counted(model, prompt=5, generate=3, batch=2)
    assert made.growth == ((1, 4 * 4),)
    assert [step.macs for step in made.each_step()] == [2 * 4 * 4] * 2


def test_a_model_without_a_cache_is_refused() -> None:
    with pytest.raises(InputError, match="takes no cache"):
        caller_of(nn.Linear(2, 2))


def test_a_model_that_returns_no_cache_is_refused() -> None:
    with pytest.raises((InputError, TraceError), match="holds no cache"):
        counted(ByKey(lambda scores, states: {"scores": scores}), prompt=3, generate=2)
