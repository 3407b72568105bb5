"""Libraries of one idea each, most of them of one author: attention, experts, codebooks."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.blind_models.library import Library, classes, files
from benchmarks.cases import Case, given, image

VECTORS = torch.randn(1, 64, 32)


def made(module: str, name: str, **kwargs: Any) -> Callable[[], nn.Module]:
    return lambda: getattr(importlib.import_module(module), name)(**kwargs)


def _vit(file: str, name: str, *args: Any, **kwargs: Any) -> Case:
    return Case(made(f"vit_pytorch.{file}", name, **kwargs), given(*args))


def _efficient() -> nn.Module:
    from nystrom_attention import Nystromformer
    from vit_pytorch.efficient import ViT

    transformer = Nystromformer(dim=64, depth=2, heads=4, num_landmarks=32)
    return ViT(dim=64, image_size=256, patch_size=16, num_classes=10, transformer=transformer)


def _joint_embedding() -> nn.Module:
    from vit_pytorch.lejepa import LeJEPA
    from vit_pytorch.vit import ViT

    return LeJEPA(
        ViT(**SQUARE, **SMALL),
        image_size=64,
        hidden_layer="to_latent",
        projection_hidden_size=64,
        projection_layers=4,
        num_classes_K=128,
    )


def _action() -> nn.Module:
    from vit_pytorch.vat import VAT, ViT

    return VAT(
        ViT(**SQUARE, **SMALL),
        dim=64,
        depth=2,
        heads=4,
        dim_head=16,
        mlp_dim=128,
        dim_action=20,
        action_chunk_len=7,
        time_seq_len=4,
        num_views=2,
        num_tasks=4,
        add_self_attn=True,
        dim_extra_token=33,
        vit_layer_indices=(0, 1),
    )


SMALL: dict[str, Any] = {"num_classes": 10, "dim": 64, "depth": 2, "heads": 4, "mlp_dim": 128}
SQUARE: dict[str, Any] = {"image_size": 64, "patch_size": 16}
SERIES: dict[str, Any] = {"seq_len": 256, "patch_size": 16}
PICTURE = image(64)
SOUND = torch.randn(1, 3, 256)

VIT = {
    "cait": _vit("cait", "CaiT", PICTURE, cls_depth=2, layer_dropout=0.05, **SQUARE, **SMALL),
    "efficient": Case(_efficient, given(image(256))),
    "lejepa": Case(_joint_embedding, given(torch.randn(4, 3, 64, 64))),
    "normalized_vit": _vit("normalized_vit", "nViT", PICTURE, **SQUARE, **SMALL),
    "regionvit": _vit("regionvit", "RegionViT", image(224), num_classes=10),
    "scalable_vit": _vit(
        "scalable_vit",
        "ScalableViT",
        image(256),
        num_classes=10,
        dim=32,
        heads=(2, 4, 8, 16),
        depth=(2, 2, 4, 2),
        ssa_dim_key=(40, 40, 40, 32),
        reduction_factor=(8, 4, 2, 1),
        window_size=(64, 32, None, None),
    ),
    "simple_vit_1d": _vit("simple_vit_1d", "SimpleViT", SOUND, **SERIES, **SMALL),
    "simple_vit_orthog_residual_update": _vit(
        "simple_vit_orthog_residual_update", "SimpleViT", PICTURE, **SQUARE, **SMALL
    ),
    "simple_vit_with_specialized_cls": _vit(
        "simple_vit_with_specialized_cls", "SimpleViT", PICTURE, **SQUARE, **SMALL
    ),
    "vat": Case(
        _action,
        given(
            video_or_image=torch.randn(1, 2, 3, 4, 64, 64),
            extra=torch.randn(1, 33),
            tasks=torch.tensor([1]),
            actions=torch.randn(1, 7, 20),
        ),
    ),
    "vit_1d": _vit("vit_1d", "ViT", SOUND, **SERIES, **SMALL),
    "vit_nd": _vit(
        "vit_nd",
        "ViTND",
        torch.randn(1, 3, 8, 16, 32, 32),
        ndim=4,
        input_shape=(8, 16, 32, 32),
        patch_size=(2, 4, 8, 8),
        **SMALL,
    ),
    "vit_nd_masking": _vit("vit_nd_masking", "ViT"),  # there is no model in it
    "vivit_with_moss": _vit(
        "vivit_with_moss",
        "ViViT",
        torch.randn(1, 3, 8, 64, 64),
        dim=64,
        spatial_depth=2,
        temporal_depth=2,
        heads=4,
        mlp_dim=128,
        image_size=64,
        image_patch_size=16,
        frames=8,
        frame_patch_size=2,
        num_classes=10,
    ),
}


def _one(name: str, module: str, model: str, *args: Any, **kwargs: Any) -> Library:
    return Library(name, module, {model: Case(made(module, model, **kwargs), given(*args))})


def _several(
    name: str,
    module: str,
    models: dict[str, tuple[dict[str, Any], tuple[Any, ...]]],
    where: str = "",
) -> Library:
    cases = {
        model: Case(made(where or module, model, **kwargs), given(*args))
        for model, (kwargs, args) in models.items()
    }
    return Library(name, module, cases, lambda: classes(where or module))


LIBRARIES = (
    Library("vit-pytorch", "vit_pytorch", VIT, lambda: files("vit_pytorch")),
    _several(
        "vector-quantize-pytorch",
        "vector_quantize_pytorch",
        {
            "BinaryMapper": ({"bits": 8}, (torch.randn(2, 4, 8),)),
            "FSQ": ({"levels": [8, 5, 5, 5]}, (torch.randn(1, 64, 4),)),
            "ResidualFSQ": (
                {"dim": 32, "levels": [8, 5, 5, 3], "num_quantizers": 8},
                (VECTORS,),
            ),
        },
    ),
    _several(
        "perceiver-pytorch",
        "perceiver_pytorch",
        {
            "PerceiverBlock": (
                {"dim": 32, "context_dim": 16},
                (VECTORS, torch.randn(1, 128, 16)),
            ),
            "PerceiverIO": (
                {"depth": 2, "dim": 32, "queries_dim": 16, "num_latents": 32, "latent_dim": 64},
                (VECTORS, None, torch.randn(1, 128, 16)),
            ),
        },
    ),
    _several(
        "titans-pytorch",
        "titans_pytorch",
        {
            "GatedResidualMemoryMLP": ({"dim": 32, "depth": 2}, (VECTORS,)),
            "MemorySwiGluMLP": ({"dim": 32}, (VECTORS,)),
        },
    ),
    _several(
        "lightly",
        "lightly",
        {
            "AdaLNZero": ({"hidden_dim": 32}, (torch.randn(4, 32),)),
            "CAPIProjectionHead": ({}, (torch.randn(4, 384),)),
            "LeJEPAProjectionHead": ({"input_dim": 384}, (torch.randn(4, 384),)),
            "SwaVPrototypes": ({}, (torch.randn(4, 128),)),
        },
        "lightly.models.modules",
    ),
    _one("minGRU-pytorch", "minGRU_pytorch", "minGRU", VECTORS, dim=32),
    _one("nystrom-attention", "nystrom_attention", "Nystromformer", VECTORS, dim=32, depth=2),
    _one("conformer", "conformer", "Conformer", VECTORS, dim=32, depth=2),
    _one("st-moe-pytorch", "st_moe_pytorch", "MoE", VECTORS, dim=32),
    _one("soft-moe-pytorch", "soft_moe_pytorch", "SoftMoE", VECTORS, dim=32, seq_len=64),
    Library(
        "enformer-pytorch",
        "enformer_pytorch",
        {
            "Enformer": Case(
                lambda: importlib.import_module("enformer_pytorch").Enformer.from_hparams(
                    dim=768,
                    depth=2,
                    heads=8,
                    output_heads={"human": 5313, "mouse": 1643},
                    target_length=64,
                ),
                given(torch.randint(0, 5, (1, 16_384))),
            )
        },
    ),
)
