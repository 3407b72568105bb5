"""What papers give for a decoder of GPT-3's kind is what is counted, but for what they name.

Counted is a forward pass of ``GPT2Config`` with their sizes; a training step is taken as three.
Configurations and printed figures are from the papers that ``flopscope.analysis.literature`` cites.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

import torch
import transformers

from flopscope import tree
from flopscope.analysis.literature import (
    TRAINING,
    Decoder,
    chinchilla_forward,
    forward_per_token,
    gpt3_training,
    kaplan_forward_per_token,
    megatron_training,
    palm_training_per_token,
)
from flopscope.trace import building, trace
from flopscope.tree import Profile

GPT3 = {  # Brown et al., table 2.1, where heads times channels are the width; params of table D.1
    "Small": (12, 768, 12, 125),
    "Medium": (24, 1024, 16, 356),
    "Large": (24, 1536, 16, 760),
    "2.7B": (32, 2560, 32, 2650),
    "6.7B": (32, 4096, 32, 6660),
    "175B": (96, 12288, 96, 174600),
}
CHINCHILLA = {  # Hoffmann et al., table A4: layers, width, heads, and FLOPs over 6 N D
    "73M": (10, 640, 10, "1.03"),
    "305M": (20, 1024, 16, "1.10"),
    "552M": (24, 1280, 10, "1.08"),
    "1.1B": (26, 1792, 14, "1.04"),
    "1.6B": (28, 2048, 16, "1.03"),
    "6.8B": (40, 3584, 28, "0.99"),
}
MEGATRON = {  # Narayanan et al., table 1: layers, width, heads, params in billions
    "1.7B": (24, 2304, 24, "1.7"),
    "18.4B": (40, 6144, 48, "18.4"),
    "145.6B": (80, 12288, 96, "145.6"),
    "1008.0B": (128, 25600, 160, "1008.0"),
}
SEVERAL = [
    pytest.param(GPT3["Small"][:3], id="GPT-3 Small"),
    pytest.param(GPT3["175B"][:3], id="GPT-3 175B", marks=pytest.mark.truth),
    pytest.param(CHINCHILLA["552M"][:3], id="552M"),
]


def decoder(layers: int, width: int, heads: int, words: int = 50257, tokens: int = 2048) -> Decoder:
    return Decoder(layers, width, tokens, words, heads, width // heads, 4 * width)


@cache
def counted(of: Decoder) -> Profile:
    config = transformers.GPT2Config(
        n_layer=of.layers,
        n_embd=of.width,
        n_head=of.heads,
        n_inner=of.hidden_width,
        n_positions=of.tokens,
        vocab_size=of.words,
    )
    with building():
        model: Any = transformers.GPT2LMHeadModel._from_config(config).eval()
    return tree.profile(trace(model, (torch.zeros(1, of.tokens, dtype=torch.int64),)))


def products(of: Decoder) -> int:
    """FLOPs of the products of a forward pass of one sequence."""
    return 2 * counted(of).root.cost.macs


def unmultiplied(of: Decoder) -> int:
    """Parameters that no product is with: positions, biases and norms."""
    biases = 3 * of.width + of.width + of.hidden_width + of.width
    norms = of.layers * 2 * 2 * of.width + 2 * of.width
    return of.tokens * of.width + of.layers * biases + norms


@pytest.mark.parametrize("sizes", SEVERAL)
def test_a_forward_pass_is_the_products_that_each_token_is_part_of(sizes) -> None:
    of = decoder(*sizes)
    assert products(of) == of.tokens * forward_per_token(of)


@pytest.mark.parametrize("sizes", SEVERAL)
def test_megatron_s_training_step_is_three_forward_passes(sizes) -> None:
    of = decoder(*sizes, words=51200)
    assert megatron_training(of, 7, recomputed=False) == 7 * TRAINING * products(of)


@pytest.mark.parametrize("sizes", SEVERAL)
def test_megatron_s_recomputation_is_one_more_of_the_layers_alone(sizes) -> None:
    of = decoder(*sizes, words=51200)
    layers = products(of) - 2 * of.tokens * of.width * of.words
    again = megatron_training(of, 7, recomputed=True) - megatron_training(of, 7, recomputed=False)
    assert again == 7 * layers


@pytest.mark.parametrize("sizes", SEVERAL)
def test_palm_s_training_is_three_forward_passes_and_6_for_what_no_product_is_with(sizes) -> None:
    of = decoder(*sizes)
    palm = of.tokens * palm_training_per_token(of, counted(of).root.params)
    assert palm - TRAINING * products(of) == 6 * of.tokens * unmultiplied(of)


@pytest.mark.parametrize("sizes", SEVERAL)
def test_kaplan_s_forward_is_without_the_words_and_half_of_the_scores(sizes) -> None:
    of = decoder(*sizes)
    words = 2 * of.width * of.words
    assert products(of) // of.tokens - kaplan_forward_per_token(of) == (
        words + 2 * of.layers * of.tokens * of.width
    )


@pytest.mark.parametrize("sizes", SEVERAL)
def test_chinchilla_s_forward_adds_a_softmax_and_a_product_for_looking_up(sizes) -> None:
    of = decoder(*sizes, words=32000)
    softmax = 3 * of.heads * of.tokens**2 * of.layers
    looking_up = 2 * of.tokens * of.words * of.width
    assert chinchilla_forward(of, tables=True) - products(of) == softmax + looking_up


@pytest.mark.parametrize("name", CHINCHILLA)
def test_chinchilla_s_table_of_ratios_to_6_n_d_is_met(name: str) -> None:
    layers, width, heads, printed = CHINCHILLA[name]
    of = decoder(layers, width, heads, words=32000)
    params = of.layer_weights + of.words * of.width
    params += of.layers * width * width  # a projection of relative positions, as Gopher has
    ratio = TRAINING * chinchilla_forward(of, tables=False) / gpt3_training(params, of.tokens)
    assert abs(ratio - float(printed)) <= 0.01


@pytest.mark.parametrize("name", GPT3)
def test_gpt_3_s_params_are_the_printed_to_a_percent(name: str) -> None:
    layers, width, heads, printed = GPT3[name]
    assert counted(decoder(layers, width, heads)).root.params / 1e6 == pytest.approx(
        printed, rel=0.01
    )


def test_gpt_3_s_training_is_the_printed_number_of_flops() -> None:
    assert f"{gpt3_training(174_600e6, 300e9):.2e}" == "3.14e+23"


@pytest.mark.truth
@pytest.mark.parametrize("name", MEGATRON)
def test_megatron_s_params_are_the_printed(name: str) -> None:
    layers, width, heads, printed = MEGATRON[name]
    counted_params = counted(decoder(layers, width, heads, words=51200)).root.params
    assert f"{counted_params / 1e9:.1f}" == printed


def test_nanogpt_s_forward_pass_is_counted_to_the_last_digit() -> None:
    # karpathy/nanoGPT, transformer_sizing.ipynb: "forward_total"
    of = decoder(12, 768, 12, tokens=1024)
    assert products(of) == 291_648_307_200
