"""Libraries of models that read: decoders, state spaces, attention that is not quadratic."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.blind_models.library import Library, classes
from benchmarks.cases import Case, given

WORDS = torch.randint(1000, (1, 256))
VECTORS = torch.randn(1, 256, 64)


def _made(module: str, name: str, **kwargs: Any) -> Callable[[], nn.Module]:
    return lambda: getattr(importlib.import_module(module), name)(**kwargs)


def _litgpt(name: str) -> Case:
    """Two layers of it, and a small vocabulary."""

    def build() -> nn.Module:
        import litgpt

        return litgpt.GPT(litgpt.Config.from_name(name, n_layer=2, padded_vocab_size=1024))

    return Case(build, given(torch.randint(1000, (1, 64))))


def _of_litgpt() -> set[str]:
    return set(importlib.import_module("litgpt.config").name_to_config)


def _mamba(file: str, name: str, config: str, *args: Any, **kwargs: Any) -> Case:
    def build() -> nn.Module:
        module = importlib.import_module(f"mambapy.{file}")
        return getattr(module, name)(getattr(module, config)(**kwargs))

    return Case(build, given(*args))


def _whisper() -> nn.Module:
    """The sizes of its tiny model."""
    from whisper.model import ModelDimensions, Whisper

    return Whisper(ModelDimensions(80, 1500, 384, 6, 4, 51865, 448, 384, 6, 4))


def _padded() -> nn.Module:
    import reformer_pytorch

    reformer = reformer_pytorch.Reformer(dim=64, depth=2, heads=4)
    return reformer_pytorch.Autopadder(reformer)


def _performer_lm() -> nn.Module:
    import performer_pytorch

    return performer_pytorch.PerformerLM(
        num_tokens=1000, max_seq_len=256, dim=64, depth=2, heads=4, causal=False
    )


GPTS = (
    *("CodeLlama-7b-hf", "Gemma-7b", "Qwen2.5-Coder-32B-Instruct", "SmolLM2-360M-Instruct"),
    "pythia-12b",
)


LIBRARIES = (
    Library("litgpt", "litgpt", {name: _litgpt(name) for name in GPTS}, _of_litgpt),
    Library(
        "x-transformers",
        "x_transformers",
        {
            "Attention": Case(_made("x_transformers", "Attention", dim=64), given(VECTORS)),
            "CrossAttender": Case(
                _made("x_transformers", "CrossAttender", dim=64, depth=2),
                given(VECTORS, context=torch.randn(1, 32, 64)),
            ),
            "Decoder": Case(
                _made("x_transformers", "Decoder", dim=64, depth=2, heads=4), given(VECTORS)
            ),
            "FeedForward": Case(_made("x_transformers", "FeedForward", dim=64), given(VECTORS)),
            "RMSNorm": Case(_made("x_transformers", "RMSNorm", dim=64), given(VECTORS)),
            "XTransformer": Case(
                _made(
                    "x_transformers",
                    "XTransformer",
                    dim=64,
                    enc_num_tokens=1000,
                    enc_depth=2,
                    enc_heads=4,
                    enc_max_seq_len=256,
                    dec_num_tokens=1000,
                    dec_depth=2,
                    dec_heads=4,
                    dec_max_seq_len=256,
                ),
                given(WORDS, WORDS),
            ),
        },
        lambda: classes("x_transformers"),
    ),
    Library(
        "mambapy",
        "mambapy",
        {
            "Mamba": _mamba("mamba", "Mamba", "MambaConfig", VECTORS, d_model=64, n_layers=2),
            "Mamba2": _mamba(
                "mamba2", "Mamba2", "Mamba2Config", VECTORS, d_model=64, n_layers=2, d_head=16
            ),
            "VMamba": _mamba("vim", "VMamba", "MambaConfig", VECTORS, d_model=64, n_layers=2),
            "JambaLM": _mamba(
                "jamba", "JambaLM", "JambaLMConfig", WORDS, d_model=64, n_layers=8, mlp_size=128
            ),
        },
    ),
    Library(
        "yet-another-retnet",
        "yet_another_retnet",
        {
            "RetNet": Case(
                _made("yet_another_retnet.retnet", "RetNet", num_tokens=1000, num_layers=2),
                given(WORDS, WORDS),
            )
        },
    ),
    Library(
        "local-attention",
        "local_attention",
        {
            "LocalTransformer": Case(
                _made(
                    "local_attention",
                    "LocalTransformer",
                    num_tokens=1000,
                    dim=64,
                    depth=2,
                    max_seq_len=256,
                    local_attn_window_size=64,
                ),
                given(WORDS),
            )
        },
    ),
    Library(
        "linformer",
        "linformer",
        {
            "LinformerLM": Case(
                _made(
                    "linformer", "LinformerLM", num_tokens=1000, dim=64, seq_len=256, depth=2, k=32
                ),
                given(WORDS),
            )
        },
    ),
    Library(
        "performer-pytorch",
        "performer_pytorch",
        {
            "CrossAttention": Case(
                _made("performer_pytorch", "CrossAttention", dim=64),
                given(VECTORS, context=torch.randn(1, 32, 64)),
            ),
            "PerformerLM": Case(_performer_lm, given(WORDS)),
        },
        lambda: classes("performer_pytorch"),
    ),
    Library(
        "reformer-pytorch",
        "reformer_pytorch",
        {
            "Autopadder": Case(_padded, given(VECTORS)),
            "LSHAttention": Case(
                _made("reformer_pytorch", "LSHAttention", bucket_size=64, n_hashes=4),
                given(VECTORS, VECTORS),
            ),
        },
        lambda: classes("reformer_pytorch"),
    ),
    Library(
        "openai-whisper",
        "whisper",
        {"tiny": Case(_whisper, given(torch.randn(1, 80, 3000), torch.randint(1000, (1, 16))))},
    ),
)
