"""Models of timm, counted without their weights."""

from __future__ import annotations

from collections.abc import Mapping

import timm
import torch
from timm.utils.model import reparameterize_model

from flopscope.records import Trace
from flopscope.trace import building, trace

MADE_WITH: Mapping[str, Mapping[str, int]] = {
    f"ig_resnext101_32x{width}d": {"base_width": width} for width in (16, 32, 48)
}
"""Old names that timm now leads to a narrower model, 32x8d, and what they stood for."""

FOLDED = frozenset({"ghostnetv3_100", "ghostnetv3_130", "shvit_s3", "tiny_vit_11m_224"})
"""Models that were published with their branches and norms folded (``--reparam``)."""


def trace_of(name: str, image_size: int, **options: int) -> Trace:
    """One square image through the model that timm builds by this name."""
    with building():
        model = timm.create_model(name, **options).eval()
    return _trace(model, image_size)


def trace_at_own_size(name: str) -> Trace:
    """One image through a model of timm, of the size that it is made for."""
    with building():
        model = timm.create_model(name).eval()
    return trace(model, (torch.empty(1, *model.pretrained_cfg["input_size"], device="meta"),))


def published_trace_of(name: str, image_size: int) -> Trace:
    """One square image through the model whose figures timm published, as it was counted.

    That is with matmul and softmax in the place of fused attention, into which fvcore cannot see.
    """
    fused = bool(timm.layers.use_fused_attn())
    timm.layers.set_fused_attn(False)
    try:
        if name not in FOLDED:
            return trace_of(name, image_size, **MADE_WITH.get(name, {}))
        return _trace(reparameterize_model(timm.create_model(name).eval()), image_size)
    finally:
        timm.layers.set_fused_attn(fused)


def _trace(model: torch.nn.Module, image_size: int) -> Trace:
    channels = model.pretrained_cfg["input_size"][0]
    return trace(model, (torch.empty(1, channels, image_size, image_size, device="meta"),))
