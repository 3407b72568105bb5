"""Images and videos, in the layouts that models of transformers take them in."""

from __future__ import annotations

import math
from collections.abc import Mapping

from flopscope.load.inputs import InputSpec
from flopscope.load.sources.hf.case import Case
from flopscope.load.sources.hf.making import Made, Maker

GRID = (1, 8, 8)
"""Frames, rows and columns of patches of an image that may have any size."""

MODEST = 224
"""The longest side that is tried first where a model takes any."""

LARGE = (336, 384, 512, 640, 1024, 1536)
"""Sides that some model insists on and its config doesn't tell."""


def side_of(case: Case) -> tuple[int, int]:
    """Height and width of an image."""
    side = case.vision.find("image_size", "input_size", "img_size", default=MODEST)
    if isinstance(side, dict):
        side = list(side.values())
    if isinstance(side, (list, tuple)):
        return int(side[-2]) if len(side) > 1 else int(side[0]), int(side[-1])
    return int(side), int(side)


def channels_of(case: Case) -> int:
    """Of an image: mostly 3."""
    return case.vision.integer("num_channels", "in_channels", "in_chans", default=3)


def patch_of(case: Case) -> tuple[int, int]:
    """Side of a patch, and how many frames it spans."""
    size = case.vision.find("patch_size", default=16)
    size = size[-1] if isinstance(size, (list, tuple)) else size
    return int(size), int(case.vision.find("temporal_patch_size", "patch_temporal", default=1))


def pictures(case: Case) -> Made:
    """Images whole, in patches, or several to a sample: whatever the signature hints at first."""
    whole, patches = _whole(case), _in_patches(case)
    _modest, image, several, *_ = whole
    other = case.floats(case.batch, channels_of(case), MODEST, MODEST)
    if case.has("image_grid_thw", "grid_thw"):
        return [*patches, *whole]
    if case.has("target_sizes"):
        return [_strip(case), *whole]
    if case.has("spatial_shapes", "pixel_position_ids"):
        return [*patches[::-1], *whole]
    if isinstance(case.config.find("num_frames", "frames_per_clip"), int):
        return [several, image, other]
    large = [case.floats(case.batch, channels_of(case), side, side) for side in LARGE]
    grouped = case.floats(case.batch, 1, *several.shape[1:])  # type: ignore[union-attr] # never None
    return [*whole, grouped, patches[0], other, *large, *patches[1:]]


def _whole(case: Case) -> Made:
    batch, channels, (height, width) = case.batch, channels_of(case), side_of(case)
    frames = int(case.vision.find("num_frames", "frames_per_clip", "max_num_tiles", default=2))
    return [
        case.floats(batch, channels, min(height, MODEST), min(width, MODEST)),
        case.floats(batch, channels, height, width),
        case.floats(batch, frames, channels, height, width),
        case.floats(2 * batch, channels, height, width),
    ]


def _in_patches(case: Case) -> Made:
    batch, channels, (size, span) = case.batch, channels_of(case), patch_of(case)
    each = math.prod(GRID)
    return [
        case.floats(batch * each, channels * span * size * size),
        case.floats(batch * each, channels, size, size),
        case.floats(batch * each, channels * size * size),
        case.floats(batch, each, channels * span * size * size),
        case.floats(batch, each, channels * size * size),
    ]


def _strip(case: Case) -> InputSpec:
    """All patches of an image in one row."""
    size, _ = patch_of(case)
    return case.floats(case.batch, channels_of(case), size, math.prod(GRID) * size)


def _videos(case: Case) -> Made:
    frames = int(case.vision.find("num_frames", "frames_per_clip", default=8))
    sides = dict.fromkeys([side_of(case), (LARGE[0], LARGE[0])])
    return [case.floats(case.batch, frames, channels_of(case), *side) for side in sides]


def _grids(case: Case) -> Made:
    import torch

    return [torch.tensor([GRID] * case.batch)]


def _flat_grids(case: Case) -> Made:
    import torch

    return [torch.tensor([GRID[1:]] * case.batch)]


def _perhaps_flat_grids(case: Case) -> Made:
    return [None, *_flat_grids(case)]


def _image_sizes(case: Case) -> Made:
    import torch

    return [torch.tensor([side_of(case)] * case.batch), None]


def _pixel_mask(case: Case) -> Made:
    if case.has("spatial_shapes"):
        return [case.ones(case.batch, math.prod(GRID))]
    return [None, case.ones(case.batch, 2).bool()]


def _pixel_positions(case: Case) -> Made:
    import torch

    rows = torch.arange(GRID[1]).repeat_interleave(GRID[2])
    columns = torch.arange(GRID[2]).repeat(GRID[1])
    return [torch.stack([columns, rows], -1).repeat(case.batch, 1, 1)]


def _ones(case: Case) -> Made:
    return [case.ones(case.batch)]


def _aspect_ratios(case: Case) -> Made:
    return [case.ones(case.batch, 1)]


def _tiles(case: Case) -> Made:
    return [case.ones(case.batch, 1, case.vision.integer("max_num_tiles", default=1))]


def _attended_images(case: Case) -> Made:
    return [case.ones(case.batch, case.tokens, 2)]


def _points(case: Case) -> Made:
    return [case.floats(case.batch, 1, 1, 2, low=0, high=100)]


def _flattened(case: Case) -> Made:
    """Rows of pixels, each behind the place of its patch, which is a number from 1 on."""
    size, _ = patch_of(case)
    return [case.floats(case.batch, 64, 2 + channels_of(case) * size * size, low=1, high=2)]


def _embedded_positions(case: Case) -> Made:
    import torch

    latent = case.config.integer("latent_query_num", default=0)
    positions = torch.arange(case.tokens).repeat(case.batch, 1)
    return [positions < min(latent, case.tokens)] if latent else [None]


def _regions(case: Case) -> Made:
    return [case.floats(case.batch, 36, case.config.integer("visual_feat_dim", default=2048))]


def _region_boxes(case: Case) -> Made:
    return [case.floats(case.batch, 36, case.config.integer("visual_pos_dim", default=4))]


MAKERS: Mapping[str, Maker] = {
    **dict.fromkeys(
        ("pixel_values", "image_pixel_values", "prompt_pixel_values", "prompt_masks"), pictures
    ),
    "pixel_values_videos": _videos,
    "image_grid_thw": _grids,
    "grid_thw": _grids,
    "image_grid_hw": _perhaps_flat_grids,
    "target_sizes": _flat_grids,
    "spatial_shapes": _flat_grids,
    "image_sizes": _image_sizes,
    "pixel_attention_mask": _pixel_mask,
    "pixel_position_ids": _pixel_positions,
    "image_position_ids": _pixel_positions,
    "image_merge_sizes": _ones,
    "merge_sizes": _ones,
    "aspect_ratio_ids": _aspect_ratios,
    "aspect_ratio_mask": _tiles,
    "image_attention_mask": _attended_images,
    "input_points": _points,
    "flattened_patches": _flattened,
    "image_embeds_position_mask": _embedded_positions,
    "visual_feats": _regions,
    "visual_pos": _region_boxes,
}
"""By the name of a parameter: the tensors that could be meant by it, the likeliest first."""
