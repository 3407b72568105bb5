"""Tokens that images and sounds take the place of, as many as there are features of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flopscope.errors import TraceError
from flopscope.load.inputs import Inputs
from flopscope.load.sources import Rehearse
from flopscope.load.sources.hf.case import Case

MAKING: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "get_image_features": (
        ("pixel_values", "image_grid_thw", "image_sizes", "pixel_attention_mask"),
        ("image_token_id", "image_token_index", "image_patch_id", "im_patch_id", "media_token_id"),
    ),
    "get_audio_features": (
        ("input_features", "input_features_mask", "feature_attention_mask", "input_values"),
        ("audio_token_id", "audio_token_index", "audio_soft_token_id"),
    ),
}
"""By the method that makes features in the place of tokens: what it takes, and those tokens."""


def with_placeholders(
    case: Case, inputs: Mapping[str, Any], rehearse: Rehearse
) -> Mapping[str, Any]:
    """The inputs with as many placeholder tokens in ``input_ids`` as there are features.

    Args:
        case: what they are made for.
        inputs: keyword arguments, which may be without ``input_ids``.
        rehearse: what the methods that make the features are run with.
    """
    import torch

    if "input_ids" not in inputs or len(inputs) == 1:
        return inputs
    ids = inputs["input_ids"]
    pieces, kinds = [ids], [torch.zeros_like(ids)]
    for method, (names, tokens) in MAKING.items():
        token = case.config.find(*tokens)
        if token is None or names[0] not in inputs or not hasattr(case.model, method):
            continue
        count = _features(case.model, method, inputs, rehearse) // case.batch
        pieces.insert(1, torch.full((case.batch, count), int(token)))
        kinds.insert(1, case.ones(case.batch, count))
    filled = {**inputs, "input_ids": torch.cat(pieces, 1)}
    if "mm_token_type_ids" in inputs:
        filled["mm_token_type_ids"] = torch.cat(kinds, 1)
    return filled


def _features(model: Any, method: str, inputs: Mapping[str, Any], rehearse: Rehearse) -> int:
    """How many tokens the features of some inputs stand for; 0 where they can't be made."""
    accepted = inspect.signature(getattr(model, method)).parameters
    given = {name: inputs[name] for name in inputs if name in accepted and name != "input_ids"}
    told: list[int] = []
    _, kwargs = Inputs(kwargs=given).on("meta")
    try:
        rehearse(_part(model, method, told.append), (), kwargs)
    except TraceError:
        return 0
    return told[0]


def _part(model: Any, method: str, tell: Callable[[int], None]) -> Any:
    """One method of a model as a module: it tells how many tokens its features stand for."""
    from torch import nn

    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, **inputs: Any) -> None:
            tell(_rows(getattr(self.model, method)(**inputs)))

    return Part()


def _rows(features: Any) -> int:
    import torch

    pooled = getattr(features, "pooler_output", None)
    found = pooled if pooled is not None else getattr(features, "last_hidden_state", features)
    if isinstance(found, torch.Tensor):
        return math.prod(found.shape[:-1])
    rows: Iterable[int] = map(_rows, found)
    return sum(rows)
