"""Libraries of models that see: classification, segmentation, restoration, video, points."""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import nn

from benchmarks.blind_models.library import Library, classes, files
from benchmarks.cases import Case, Inputs, given, image


def _architecture(name: str) -> Case:
    import segmentation_models_pytorch as smp

    encoder = {"encoder_name": "tu-vit_base_patch16_224.augreg_in21k"} if name == "dpt" else {}
    return Case(lambda: smp.create_model(name, encoder_weights=None, **encoder), given(image(224)))


def _pytorchcv(name: str) -> Case:
    from pytorchcv.model_provider import get_model

    return Case(lambda: get_model(name), lambda model: ((image(*model.in_size),), {}))


def _pretrained(name: str) -> Case:
    import pretrainedmodels

    return Case(lambda: getattr(pretrainedmodels, name)(pretrained=None), given(image(224)))


def _efficientnet(name: str) -> Case:
    import efficientnet_pytorch

    return Case(lambda: efficientnet_pytorch.EfficientNet.from_name(name), given(image(224)))


def _spandrel(name: str, class_name: str = "", **kwargs: Any) -> Case:
    def build() -> nn.Module:
        architecture = importlib.import_module(f"spandrel.architectures.{name}")
        return getattr(architecture, class_name or name)(**kwargs)

    return Case(build, given(image(64)))


def _open_clip(name: str) -> Case:
    """Two layers of each tower where the config counts its layers."""

    def build() -> nn.Module:
        import open_clip

        config = open_clip.get_model_config(name)
        towers = {
            tower: {**config[tower], "layers": 2}
            for tower in ("vision_cfg", "text_cfg")
            if isinstance(config[tower].get("layers"), int)
        }
        return open_clip.create_model(name, **towers)

    def inputs(model: Any) -> Inputs:
        size = model.visual.image_size
        picture = image(*size) if isinstance(size, tuple) else image(size)
        return (picture, torch.randint(100, (1, model.context_length))), {}

    return Case(build, inputs)


def _video(function: str, file: str, *args: Any, **kwargs: Any) -> Case:
    def build() -> nn.Module:
        return getattr(importlib.import_module(f"pytorchvideo.models.{file}"), function)(**kwargs)

    return Case(build, given(*args))


def _clip(frames: int, size: int) -> torch.Tensor:
    return torch.randn(1, 3, frames, size, size)


def _kornia(name: str, *args: Any, **kwargs: Any) -> Case:
    return Case(
        lambda: getattr(importlib.import_module("kornia.feature"), name)(**kwargs), given(*args)
    )


def _names(module: str, table: str) -> Any:
    return lambda: set(getattr(importlib.import_module(module), table))


def _listed_by_open_clip() -> set[str]:
    import open_clip

    return set(open_clip.list_models())


ARCHITECTURES = (
    *("deeplabv3", "deeplabv3plus", "dpt", "fpn", "linknet", "manet", "pan", "pspnet"),
    *("segformer", "unet", "unetplusplus", "upernet"),
)
PYTORCHCV = (
    *("densenet40_k24_bc_cifar100", "densenet40_k36_bc_cifar100", "diapreresnet18"),
    *("diapreresnet200b", "diaresnet20_svhn", "fdmobilenet_w3d4_cub", "mobilenetv2_wd2"),
    *("regnetx040", "regnety320", "resnet272bn_cifar10", "resnet272bn_svhn"),
    *("resnext20_16x4d_cifar10", "resnext20_32x2d_svhn", "ror3_110_cifar10"),
    *("sepreresnet110_cifar100", "shufflenet_g4_w1"),
)
PRETRAINED = ("densenet121", "se_resnet152", "vgg13", "vgg19", "vgg19_bn")
OPEN_CLIP = (
    *("PE-Core-bigG-14-448", "RN50x16-quickgelu", "ViT-L-16-SigLIP-256"),
    *("ViT-bigG-14-quickgelu", "roberta-ViT-B-32"),
)

LAFS = torch.eye(2, 3).repeat(1, 8, 1, 1) * 8

LIBRARIES = (
    Library(
        "segmentation-models-pytorch",
        "segmentation_models_pytorch",
        {name: _architecture(name) for name in ARCHITECTURES},
        _names("segmentation_models_pytorch", "MODEL_ARCHITECTURES_MAPPING"),
    ),
    Library(
        "pytorchcv",
        "pytorchcv",
        {name: _pytorchcv(name) for name in PYTORCHCV},
        _names("pytorchcv.model_provider", "_models"),
    ),
    Library(
        "pretrainedmodels",
        "pretrainedmodels",
        {name: _pretrained(name) for name in PRETRAINED},
        _names("pretrainedmodels", "model_names"),
    ),
    Library(
        "efficientnet-pytorch",
        "efficientnet_pytorch",
        {name: _efficientnet(name) for name in ("efficientnet-b3", "efficientnet-b5")},
        _names("efficientnet_pytorch", "VALID_MODELS"),
    ),
    Library(
        "spandrel",
        "spandrel",
        {
            **{name: _spandrel(name) for name in ("CRAFT", "Compact", "DCTLSA", "ESRGAN")},
            **{name: _spandrel(name) for name in ("HVICIDNet", "MoESR", "RCAN", "RetinexFormer")},
            "KBNet": _spandrel("KBNet", "KBNet_l"),
            "SPAN": _spandrel("SPAN", num_in_ch=3, num_out_ch=3),
            "DRCT": _spandrel("DRCT", upscale=4, upsampler="pixelshuffle"),
            "SwinIR": _spandrel("SwinIR", window_size=8, upscale=4, upsampler="pixelshuffle"),
        },
        lambda: {name for name in files("spandrel.architectures") if not name.startswith("_")},
    ),
    Library(
        "open_clip_torch",
        "open_clip",
        {name: _open_clip(name) for name in OPEN_CLIP},
        _listed_by_open_clip,
    ),
    Library(
        "kornia",
        "kornia",
        {
            "BlobDoG": _kornia("BlobDoG", torch.randn(1, 3, 3, 32, 32)),
            "GeometryAwareDescriptorMatcher": _kornia(
                "GeometryAwareDescriptorMatcher", torch.randn(8, 32), torch.randn(8, 32), LAFS, LAFS
            ),
            "LAFOrienter": _kornia("LAFOrienter", LAFS, image(64, channels=1)),
            "MKDDescriptor": _kornia("MKDDescriptor", torch.randn(4, 1, 32, 32)),
            "OriNet": _kornia("OriNet", torch.randn(4, 1, 32, 32), pretrained=False),
            "TLU": _kornia("TLU", image(32), num_features=3),
        },
        lambda: classes("kornia.feature"),
    ),
    Library(
        "pytorchvideo",
        "pytorchvideo",
        {
            "create_resnet": _video("create_resnet", "resnet", _clip(4, 224)),
            "create_x3d": _video("create_x3d", "x3d", _clip(13, 160)),
            "create_csn": _video("create_csn", "csn", _clip(8, 224)),
            "create_r2plus1d": _video("create_r2plus1d", "r2plus1d", _clip(16, 224)),
            "create_slowfast": _video(
                "create_slowfast", "slowfast", [_clip(8, 224), _clip(32, 224)]
            ),
            "create_multiscale_vision_transformers": _video(
                "create_multiscale_vision_transformers",
                "vision_transformers",
                _clip(8, 64),
                spatial_size=64,
                temporal_size=8,
            ),
        },
    ),
)
