"""Libraries of models that make pictures, films and sounds."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.blind_models.library import Library, classes
from benchmarks.cases import Case, Inputs, given, image


def _diffusers(name: str, inputs: Callable[[nn.Module], Inputs], **kwargs: Any) -> Case:
    return Case(lambda: getattr(importlib.import_module("diffusers"), name)(**kwargs), inputs)


def _models_of_diffusers() -> set[str]:
    import diffusers

    return classes("diffusers.models", diffusers.ModelMixin)


def _stable_diffusion_3() -> nn.Module:
    return importlib.import_module("diffusers").SD3ControlNetModel(num_layers=2)


def _two_of_them() -> nn.Module:
    two = [_stable_diffusion_3(), _stable_diffusion_3()]
    return importlib.import_module("diffusers").SD3MultiControlNetModel(two)


def _denoising(name: str, unet: dict[str, bool], **kwargs: Any) -> Case:
    def build() -> nn.Module:
        library = importlib.import_module("denoising_diffusion_pytorch")
        network = library.Unet(dim=16, dim_mults=(1, 2, 4), **unet)
        return getattr(library, name)(network, image_size=32, **kwargs)

    return Case(build, given(torch.rand(2, 3, 32, 32)))


def _candidates() -> nn.Module:
    library = importlib.import_module("denoising_diffusion_pytorch")
    unet = library.Unet(dim=16, dim_mults=(1, 2, 4))
    return library.XMWrapper(library.GaussianDiffusion(unet, image_size=32))


def _snac() -> nn.Module:
    return importlib.import_module("snac").SNAC()


def _roformer(name: str, **inputs: Any) -> Case:
    def build() -> nn.Module:
        return getattr(importlib.import_module("bs_roformer"), name)(dim=64, depth=1)

    return Case(build, given(torch.randn(1, 65_536), **inputs))


TOKENS = torch.randn(1, 16, 4096)
STEP = torch.tensor([500.0])
CONTROLS: dict[str, Any] = {
    "hidden_states": image(32, channels=16),
    "encoder_hidden_states": TOKENS,
    "pooled_projections": torch.randn(1, 2048),
    "timestep": STEP,
}
TAGS = torch.tensor([0] * 8 + [1] * 16 + [2] * 8)

LIBRARIES = (
    Library(
        "diffusers",
        "diffusers",
        {
            "AutoencoderSAME": _diffusers("AutoencoderSAME", given(torch.randn(1, 2, 65_536))),
            "AutoencoderVidTok": _diffusers(
                "AutoencoderVidTok", given(torch.randn(1, 3, 17, 64, 64)), ch=32
            ),
            "Cosmos3AVAEAudioTokenizer": _diffusers(
                "Cosmos3AVAEAudioTokenizer", given(torch.randn(1, 2, 9_600))
            ),
            "CosmosControlNetModel": _diffusers(
                "CosmosControlNetModel",
                given(
                    controls_latents=torch.randn(1, 16, 2, 16, 16),
                    latents=torch.randn(1, 16, 2, 16, 16),
                    timestep=torch.tensor([0.5]),
                    encoder_hidden_states=torch.randn(1, 8, 1024),
                    condition_mask=torch.ones(1, 1, 2, 16, 16),
                    padding_mask=torch.zeros(1, 1, 16, 16),
                ),
                n_controlnet_blocks=2,
                num_attention_heads=8,
                attention_head_dim=64,
                model_channels=512,
            ),
            "DreamLiteUNetModel": _diffusers(
                "DreamLiteUNetModel",
                given(image(32, channels=4), STEP, torch.randn(1, 16, 2048)),
            ),
            "FluxTransformer2DModel": _diffusers(
                "FluxTransformer2DModel",
                given(
                    hidden_states=torch.randn(1, 64, 64),
                    encoder_hidden_states=TOKENS,
                    pooled_projections=torch.randn(1, 768),
                    timestep=STEP,
                    img_ids=torch.zeros(64, 3),
                    txt_ids=torch.zeros(16, 3),
                ),
                num_layers=1,
                num_single_layers=1,
            ),
            "JoyImageEditTransformer3DModel": _diffusers(
                "JoyImageEditTransformer3DModel",
                given(torch.randn(1, 16, 1, 16, 16), STEP, TOKENS),
                num_layers=2,
            ),
            "Krea2Transformer2DModel": _diffusers(
                "Krea2Transformer2DModel",
                given(
                    hidden_states=torch.randn(1, 64, 64),
                    encoder_hidden_states=torch.randn(1, 16, 12, 2560),
                    timestep=torch.tensor([0.5]),
                    position_ids=torch.zeros(80, 3),
                ),
                num_layers=1,
                num_attention_heads=8,
                num_key_value_heads=2,
                intermediate_size=2048,
                text_intermediate_size=512,
            ),
            "LTX2VideoDiffusionDecoderModel": _diffusers(
                "LTX2VideoDiffusionDecoderModel",
                given(torch.randn(1, 32, 3, 4, 4)),
                latent_channels=32,
                decoder_stage_channels=(256, 128, 64, 64, 32),
                decoder_head_dim=32,
                decoder_stage_kernels=((3, 3, 3),) * 4,
                decoder_stage5_kernel=(3, 3, 3),
                decoder_stage_depths=(1, 1, 1, 1, 1),
            ),
            "MiniMaxH3Transformer3DModel": _diffusers(
                "MiniMaxH3Transformer3DModel",
                given(
                    hidden_states=torch.randn(1, 16, 96),
                    audio_hidden_states=torch.randn(1, 8, 32),
                    encoder_hidden_states=torch.randn(1, 8, 5120),
                    timestep=torch.tensor([0.5]),
                    timestep_indices=torch.zeros(32, dtype=torch.int64),
                    token_tags=TAGS,
                    position_ids=torch.zeros(32, 3),
                    text_indices=torch.arange(8),
                    video_indices=torch.arange(8, 24),
                    audio_indices=torch.arange(24, 32),
                ),
                num_layers=2,
                hidden_size=512,
                num_attention_heads=4,
                ffn_dim=1024,
                time_embed_hidden_dim=512,
                time_embed_dim=256,
            ),
            "MiniMaxMusic3RVQDepthDecoder": _diffusers(
                "MiniMaxMusic3RVQDepthDecoder", given(torch.randn(1, 8, 4096)), num_layers=2
            ),
            "SD3ControlNetModel": Case(
                _stable_diffusion_3, given(controlnet_cond=image(32, channels=16), **CONTROLS)
            ),
            "SD3MultiControlNetModel": Case(
                _two_of_them,
                given(
                    controlnet_cond=[image(32, channels=16)] * 2,
                    conditioning_scale=[1.0, 1.0],
                    **CONTROLS,
                ),
            ),
            "SanaVideoTransformer3DModel": _diffusers(
                "SanaVideoTransformer3DModel",
                given(torch.randn(1, 16, 2, 30, 30), torch.randn(1, 16, 2304), STEP),
                num_layers=2,
            ),
        },
        _models_of_diffusers,
    ),
    Library(
        "denoising-diffusion-pytorch",
        "denoising_diffusion_pytorch",
        {
            "ContinuousTimeGaussianDiffusion": _denoising(
                "ContinuousTimeGaussianDiffusion", {"random_fourier_features": True}
            ),
            "ElucidatedDiffusion": _denoising(
                "ElucidatedDiffusion", {"random_fourier_features": True}
            ),
            "LearnedGaussianDiffusion": _denoising(
                "LearnedGaussianDiffusion", {"learned_variance": True}, timesteps=100
            ),
            "XMWrapper": Case(_candidates, given(torch.rand(2, 3, 32, 32))),
        },
        lambda: classes("denoising_diffusion_pytorch"),
    ),
    Library("snac", "snac", {"SNAC": Case(_snac, given(torch.randn(1, 1, 28_224)))}),
    Library(
        "BS-RoFormer",
        "bs_roformer",
        {
            "BSRoformer": _roformer("BSRoformer"),
            "FlowBSRoformer": _roformer("FlowBSRoformer", target=torch.randn(1, 65_536)),
        },
        lambda: classes("bs_roformer"),
    ),
)
