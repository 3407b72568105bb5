"""Models of transformers are called as their own ``generate`` calls them, whatever their cache."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

import torch
import transformers

from flopscope import tree
from flopscope.analysis.generation.generation import Generation, Workload
from flopscope.analysis.generation.steps import StepCost, step_cost
from flopscope.analysis.generation.storage import Storage
from flopscope.errors import InputError
from flopscope.generating import generation_of
from flopscope.load.callers import caller_of
from flopscope.load.callers.turns import Turns
from flopscope.trace import building, trace, trace_calls

WIDTH, HIDDEN, LAYERS, WORDS = 32, 48, 4, 128
SMALL = {
    "vocab_size": WORDS,
    "hidden_size": WIDTH,
    "intermediate_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
}
LATENT = {
    **{name: value for name, value in SMALL.items() if name != "head_dim"},
    "num_key_value_heads": 4,
    "kv_lora_rank": 12,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
    "q_lora_rank": 16,
    "n_routed_experts": 8,
    "num_experts_per_tok": 2,
    "n_group": 2,
    "topk_group": 1,
    "moe_intermediate_size": 16,
    "first_k_dense_replace": 1,
}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("LlamaForCausalLM", SMALL),
    "mistral": ("MistralForCausalLM", {**SMALL, "sliding_window": 9}),
    "gemma3": ("Gemma3ForCausalLM", {**SMALL, "sliding_window": 7, "num_hidden_layers": 6}),
    "gpt_oss": ("GptOssForCausalLM", {**SMALL, "sliding_window": 8, "num_local_experts": 4}),
    "mixtral": ("MixtralForCausalLM", {**SMALL, "num_local_experts": 4}),
    "deepseek": ("DeepseekV3ForCausalLM", LATENT),
    "gpt2": ("GPT2LMHeadModel", {"n_embd": WIDTH, "n_layer": 2, "n_head": 4, "vocab_size": WORDS}),
    "t5": ("T5ForConditionalGeneration", {"d_model": WIDTH, "num_layers": 2, "vocab_size": WORDS}),
    "bart": (
        "BartForConditionalGeneration",
        {"d_model": WIDTH, "vocab_size": WORDS, "encoder_layers": 2, "decoder_layers": 2},
    ),
    "bamba": (
        "BambaForCausalLM",
        {**SMALL, "mamba_n_heads": 8, "mamba_d_head": 8, "attn_layer_indices": [1]},
    ),
}


@cache
def built(name: str) -> Any:
    kind, options = MODELS[name]
    cls = getattr(transformers, kind)
    with building():
        return cls._from_config(cls.config_class(**options)).eval()


@cache
def counted(name: str, prompt: int = 12, generate: int = 6) -> Generation:
    return generation_of(built(name), Workload(prompt, generate, batch=2))


@pytest.mark.parametrize("name", MODELS)
def test_prefill_and_steps_sum_to_one_trace_of_a_whole_generate(name: str) -> None:
    model = built(name)
    made = counted(name)
    caller = caller_of(model)
    turns = Turns(batch=2, prompt=12, past=made.first_past, steps=made.steps)
    traced = trace_calls(model, caller.drive(turns), caller.cache_in)
    prefill, *steps = (step_cost(call, (), Storage()) for call in traced)
    assert made.is_exact
    assert (prefill.macs, prefill.flops) == (made.prefill.macs, made.prefill.flops)
    total = StepCost(*map(sum, zip(*steps, strict=True)))
    assert made.all_steps._replace(cache_nbytes=0) == total


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("t5", "bart")])
def test_a_prefill_is_the_forward_pass_of_as_many_tokens_but_for_scores_not_asked_for(
    name: str,
) -> None:
    model = built(name)
    made = counted(name)
    forward = tree.profile(trace(model, (torch.ones(2, 12, dtype=torch.int64),)))
    assert made.forward.macs == forward.root.cost.macs
    unasked = 2 * (12 - 1) * model.get_output_embeddings().weight.numel()
    assert made.prefill.macs == made.forward.macs - unasked


def test_a_window_stops_the_growth_of_cache_and_attention() -> None:
    made = counted("mistral", prompt=30, generate=3)
    added = LAYERS * 2 * 2 * 8 * 4  # two heads of keys and of values, 8 float32 each, a layer
    assert made.growth == ((1, added), (8, 0))
    assert made.step(29).attention_macs == 2 * LAYERS * 4 * 9 * (8 + 8)
    causal = made.causal_prefill
    assert causal is not None
    seen = sum(min(row + 1, 9) for row in range(30))
    assert causal.attention_macs == 2 * LAYERS * 4 * seen * (8 + 8)


def test_some_windows_stop_and_the_other_layers_go_on() -> None:
    made = counted("gemma3", prompt=30, generate=3)
    added = 2 * 2 * 8 * 4
    assert made.growth == ((1, 6 * added), (6, 1 * added))


def test_a_latent_is_what_is_cached_and_is_worked_up_again_in_each_step() -> None:
    made = counted("deepseek")
    assert made.growth == ((1, LAYERS * (12 + 4) * 4),)
    assert made.reworked_macs == LAYERS * 12 * 4 * (8 + 8)


def test_an_encoder_s_keys_and_values_are_there_from_the_start() -> None:
    made = counted("bart")
    assert made.has_encoder
    assert made.growth == ((1, 2 * 2 * WIDTH * 4),)
    assert made.fixed_nbytes == 12 * 2 * 2 * WIDTH * 4


def test_the_state_of_a_recurrent_layer_does_not_grow() -> None:
    made = counted("bamba")
    assert made.growth == ((1, 2 * 2 * 8 * 4),)  # the one layer of attention
    assert made.fixed_nbytes > 0


def test_a_batch_reads_the_experts_that_it_has_tokens_for() -> None:
    made = counted("mixtral")
    expert, all_experts = 3 * WIDTH * HIDDEN, 4
    one, two, many = (made.at(batch, 0).read_params for batch in (1, 2, 64))
    assert two - one == LAYERS * 2 * expert + WIDTH
    assert many - one == LAYERS * (all_experts - 2) * expert + 63 * WIDTH


def test_a_model_that_keeps_no_cache_is_refused() -> None:
    config = transformers.OpenAIGPTConfig(n_embd=WIDTH, n_layer=1, n_head=4, vocab_size=WORDS)
    with building():
        model = transformers.OpenAIGPTLMHeadModel._from_config(config).eval()
    with pytest.raises(InputError, match="keeps no cache"):
        generation_of(model, Workload(prompt=5, generate=2))


def test_a_model_of_sounds_is_not_prompted_with_tokens() -> None:
    sizes = {"d_model": 24, "encoder_layers": 1, "decoder_layers": 1, "vocab_size": WORDS}
    tokens = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 1)
    config = transformers.WhisperConfig(**sizes, **tokens, decoder_start_token_id=1)
    with building():
        model = transformers.WhisperForConditionalGeneration._from_config(config)
    with pytest.raises(InputError, match="prompted with input_features"):
        caller_of(model)


def test_a_model_that_does_not_generate_is_refused() -> None:
    model = transformers.BertModel(transformers.BertConfig(hidden_size=24, num_hidden_layers=1))
    with pytest.raises(InputError, match="does not generate"):
        caller_of(model)
