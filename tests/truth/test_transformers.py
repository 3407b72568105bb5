"""A model counted without weights comes to what a real run of it comes to, in every family.

A real run records the operators that torch computed on the CPU. The census in ``benchmarks`` does
the same for every model type.
"""

from __future__ import annotations

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

import torch

from benchmarks.transformers_census import difference, executed, first_that_runs, traced
from benchmarks.transformers_models import configured, with_weights, without_weights
from flopscope.tree import profile

TEXT = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 200}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2}
TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
IMAGE = {"image_size": 64, "patch_size": 16}

FAMILIES = {
    "bert": {**TEXT, "num_attention_heads": 4},
    "llama": {**TEXT, **HEADS},
    "gemma2": {**TEXT, **HEADS, "head_dim": 16, "sliding_window": 8, **TOKENS},
    "mixtral": {**TEXT, **HEADS, "num_local_experts": 4},
    "qwen3_moe": {**TEXT, **HEADS, "num_experts": 4, "num_experts_per_tok": 2, "head_dim": 16},
    "t5": {
        "d_model": 64,
        "d_ff": 96,
        "d_kv": 16,
        "num_heads": 4,
        "num_layers": 2,
        "vocab_size": 200,
    },
    "mamba2": {
        **TEXT,
        "num_heads": 8,
        "head_dim": 16,
        "state_size": 16,
        "chunk_size": 8,
        "n_groups": 1,
    },
    "vit": {**TEXT, **IMAGE, "num_attention_heads": 4},
    "swin": {**IMAGE, "patch_size": 4, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 4]},
    "clip": {
        "text_config": {**TEXT, "num_attention_heads": 4, **TOKENS},
        "vision_config": {**TEXT, **IMAGE, "num_attention_heads": 4},
    },
    "wav2vec2": {**TEXT, "num_attention_heads": 4, "conv_dim": [32] * 7},
    "whisper": {
        "d_model": 64,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 96,
        "decoder_ffn_dim": 96,
        "max_source_positions": 60,
    },
    "longformer": {**TEXT, "num_attention_heads": 4, "attention_window": [8, 8]},
    "convnext": {"hidden_sizes": [16, 32, 64, 128], "depths": [1, 1, 1, 1], "image_size": 64},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_count_without_weights_is_that_of_a_real_run(family):
    config = configured(family, FAMILIES[family])
    _, inputs, real = first_that_runs(with_weights(config, torch.float32), executed)
    ours = traced(without_weights(config), inputs)
    assert difference(real, ours) == ""
    assert profile(ours).root.cost.macs > 0
    assert profile(ours).uncounted == ()
