"""Libraries of models for medical images."""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import nn

from benchmarks.blind_models.library import Library, classes
from benchmarks.cases import Case, given, image


def _monai(name: str, *args: Any, **kwargs: Any) -> Case:
    def build() -> nn.Module:
        return getattr(importlib.import_module("monai.networks.nets"), name)(**kwargs)

    return Case(build, given(*args))


def _nnunet(name: str, **kwargs: Any) -> Case:
    def build() -> nn.Module:
        unet = importlib.import_module("dynamic_network_architectures.architectures.unet")
        return getattr(unet, name)(
            input_channels=1,
            n_stages=4,
            features_per_stage=(32, 64, 128, 256),
            conv_op=nn.Conv3d,
            kernel_sizes=3,
            strides=(1, 2, 2, 2),
            num_classes=4,
            n_conv_per_stage_decoder=(2, 2, 2),
            conv_bias=True,
            norm_op=nn.InstanceNorm3d,
            norm_op_kwargs={},
            nonlin=nn.LeakyReLU,
            **kwargs,
        )

    return Case(build, given(torch.randn(1, 1, 32, 32, 32)))


def _primus() -> nn.Module:
    from dynamic_network_architectures.architectures.primus import PrimusS

    return PrimusS(1, 4, (8, 8, 8), (32, 32, 32))


GREY = image(64, channels=1)
STEPS: dict[str, Any] = {"channels": (2, 4, 8, 16), "strides": (2, 2, 2, 2)}
PLANE: dict[str, Any] = {"spatial_dims": 2, "in_channels": 1, "out_channels": 2}

LIBRARIES = (
    Library(
        "monai",
        "monai",
        {
            "AutoEncoder": _monai("AutoEncoder", GREY, **PLANE, **STEPS),
            "Classifier": _monai("Classifier", GREY, in_shape=(1, 64, 64), classes=2, **STEPS),
            "ControlNet": Case(
                lambda: importlib.import_module("monai.networks.nets").ControlNet(2, 1),
                given(
                    x=image(16, channels=1),
                    timesteps=torch.tensor([3]),
                    controlnet_cond=image(128, channels=1),
                ),
            ),
            **{
                name: _monai(name, GREY, **PLANE)
                for name in ("DenseNet121", "DenseNet201", "DenseNet264")
            },
            "Discriminator": _monai("Discriminator", GREY, in_shape=(1, 64, 64), **STEPS),
            "FlexibleUNet": _monai(
                "FlexibleUNet", image(64), in_channels=3, out_channels=2, backbone="efficientnet-b0"
            ),
            "LocalNet": _monai(
                "LocalNet",
                image(16, channels=2),
                spatial_dims=2,
                in_channels=2,
                num_channel_initial=16,
                extract_levels=(0, 1),
            ),
            "NaViT": _monai(
                "NaViT",
                [[torch.randn(1, 32, 32, 32), torch.randn(1, 16, 32, 32)]],
                image_size=32,
                patch_size=8,
                num_classes=2,
                hidden_size=64,
                mlp_dim=128,
                num_layers=2,
                num_heads=4,
            ),
            "RegUNet": _monai(
                "RegUNet",
                image(16, channels=2),
                spatial_dims=2,
                in_channels=2,
                num_channel_initial=16,
                depth=2,
            ),
            "SEResNet152": _monai(
                "SEResNet152", image(64), spatial_dims=2, in_channels=3, num_classes=2
            ),
            "SegResNetDS2": _monai("SegResNetDS2", torch.randn(1, 1, 32, 32, 32)),
            "VarAutoEncoder": _monai(
                "VarAutoEncoder",
                GREY,
                spatial_dims=2,
                in_shape=(1, 64, 64),
                out_channels=1,
                latent_size=2,
                channels=(2, 4),
                strides=(2, 2),
            ),
        },
        lambda: classes("monai.networks.nets"),
    ),
    Library(
        "dynamic-network-architectures",
        "dynamic_network_architectures",
        {
            "PlainConvUNet": _nnunet("PlainConvUNet", n_conv_per_stage=(2, 2, 2, 2)),
            "ResidualEncoderUNet": _nnunet("ResidualEncoderUNet", n_blocks_per_stage=(2, 3, 4, 5)),
            "ResidualUNet": _nnunet("ResidualUNet", n_blocks_per_stage=(2, 3, 4, 5)),
            "PrimusS": Case(_primus, given(torch.randn(1, 1, 32, 32, 32))),
        },
    ),
)
