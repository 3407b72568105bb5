from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("diffusers", reason="diffusers is not installed")

from flopscope.errors import TargetError
from flopscope.load.sources import Options, resolve
from flopscope.load.target import parse_target
from flopscope.report import Report
from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target

UNET = {
    "_class_name": "UNet2DConditionModel",
    "sample_size": 16,
    "block_out_channels": [32, 64],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "cross_attention_dim": 48,
}

Write = Callable[[str, str], Path]


def profiled(target: str, **given: Any) -> Report:
    return profile_target(Request(target, inputs=GivenInputs(**given), time=False))


def shapes_of(report: Report) -> dict[str, tuple[int, ...]]:
    return {name: spec.shape for name, spec in report.inputs}


def test_a_unet_takes_latents_a_step_and_a_prompt(write: Write) -> None:
    write("sd/unet/config.json", json.dumps(UNET))
    report = profiled("diffusers:sd/unet", batch=2, seq=7)
    assert shapes_of(report) == {
        "sample": (2, 4, 16, 16),
        "timestep": (2,),
        "encoder_hidden_states": (2, 7, 48),
    }
    assert "built UNet2DConditionModel" in report.notes


def test_the_unet_of_stable_diffusion_has_as_many_params_as_published() -> None:
    # 859,520,964 of Stable Diffusion 1.x, whose config differs from the default in these.
    target = "diffusers:UNet2DConditionModel(sample_size=64, cross_attention_dim=768)"
    assert profiled(target).params == 859_520_964


def test_a_larger_unet_is_told_the_size_of_the_picture(write: Write) -> None:
    # As in SDXL: six numbers of 8 features each, beside a prompt of 40.
    added = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8}
    width = {"projection_class_embeddings_input_dim": 6 * 8 + 40}
    write("xl/config.json", json.dumps({**UNET, **added, **width}))
    shapes = shapes_of(profiled("diffusers:xl"))
    assert shapes["added_cond_kwargs.text_embeds"] == (1, 40)
    assert shapes["added_cond_kwargs.time_ids"] == (1, 6)


def test_an_autoencoder_takes_a_picture() -> None:
    report = profiled("diffusers:AutoencoderKL(sample_size=32)")
    assert shapes_of(report) == {"sample": (1, 3, 32, 32)}


def test_a_transformer_over_packed_latents_takes_their_places_too() -> None:
    few = "num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2"
    rest = "joint_attention_dim=32, pooled_projection_dim=24, axes_dims_rope=[4, 4, 8]"
    shapes = shapes_of(profiled(f"diffusers:FluxTransformer2DModel({few}, {rest})", seq=5))
    assert shapes["hidden_states"] == (1, 32 * 32, 64)
    assert shapes["img_ids"] == (32 * 32, 3)
    assert shapes["encoder_hidden_states"] == (1, 5, 32)
    assert shapes["txt_ids"] == (5, 3)
    assert shapes["pooled_projections"] == (1, 24)


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("diffusers:UNet2DConditionModle", "no model", "did you mean 'UNet2DConditionModel'?"),
        ("diffusers:stabilityai/sdxl", "nothing is downloaded", "config.json"),
        ("diffusers:AutoencoderKL(sample_sise=3)", "'sample_sise'", "did you mean 'sample_size'?"),
        ("diffusers:unet(sample_sise=3)", "'sample_sise'", "did you mean 'sample_size'?"),
        ("diffusers:pipeline", "a pipeline of several models", "diffusers:pipeline/unet"),
        ("diffusers:text", "names no class of diffusers", "hf:text"),
        ("diffusers:new", "no model 'NewestModel'", "newer diffusers"),
        ("diffusers:empty", "no config.json in empty", "name the directory"),
    ],
)
def test_a_mistake_is_one_line_and_a_hint(
    write: Write, target: str, message: str, hint: str
) -> None:
    write("unet/config.json", json.dumps(UNET))
    write("pipeline/unet/config.json", json.dumps(UNET))
    write("pipeline/model_index.json", '{"_class_name": "P", "unet": ["diffusers", "UNet"]}')
    write("text/config.json", '{"model_type": "clip"}')
    write("new/config.json", '{"_class_name": "NewestModel"}')
    write("empty/readme.txt", "")
    with pytest.raises(TargetError) as raised:
        resolve(parse_target(target), Options())
    assert message in raised.value.message
    assert hint in raised.value.hint
