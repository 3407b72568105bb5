"""torchvision's detectors, counted without weights, and the boxes that their published runs kept.

A trace's rule: every box passes the threshold and none suppresses another, so as many remain as the
detector is set to keep.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torchvision
from torch import nn

from flopscope import tree
from flopscope.trace import building, trace

ROWS = [
    row
    for row in csv.DictReader(
        Path(__file__).with_name("torchvision.csv").read_text(encoding="utf-8").splitlines()
    )
    if row["task"] == "detection"
]

PUBLISHED_RUN: Mapping[str, tuple[str, int]] = {
    "FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1": ("proposals", 0),
    "FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1": ("proposals", 0),
    "MaskRCNN_ResNet50_FPN_Weights.COCO_V1": ("masks", 0),
    "KeypointRCNN_ResNet50_FPN_Weights.COCO_LEGACY": ("keypoints", 0),
    "KeypointRCNN_ResNet50_FPN_Weights.COCO_V1": ("keypoints", 1),
}
"""Which boxes the published run kept fewer of than it may, and how many it kept.

That is inferred, not published: no other whole number of boxes meets the figure to its last digit.
"""


@dataclass(frozen=True)
class Count:
    """One detector on one 3x512x512 image.

    Attributes:
        macs: as a trace counts them.
        boxes: what the published run may have kept fewer of, or "".
        traced: how many the trace kept.
        published: how many the published run kept.
        macs_each: of the layers that run once per such box.
    """

    macs: int
    boxes: str = ""
    traced: int = 0
    published: int = 0
    macs_each: int = 0

    @property
    def macs_with_published_boxes(self) -> int:
        return self.macs + (self.published - self.traced) * self.macs_each


def detector(row: Mapping[str, str]) -> nn.Module:
    """The detector of a row of ``torchvision.csv``, built without weights."""
    function = row["target"].partition(":")[2].partition("(")[0]
    build = getattr(torchvision.models.detection, function)
    with building():
        model: nn.Module = build(weights=None, weights_backbone=None).eval()
    return model


def count(row: Mapping[str, str]) -> tuple[Count, tree.Profile]:
    """The detector of a row, counted."""
    model = detector(row)
    counted = tree.profile(trace(model, ([torch.empty(3, 512, 512, device="meta")],)))
    macs = counted.root.cost.macs
    if row["weights"] not in PUBLISHED_RUN:
        return Count(macs), counted
    boxes, published = PUBLISHED_RUN[row["weights"]]
    return Count(macs, boxes, *_per_box(model, boxes, published)), counted


def _per_box(model: nn.Module, boxes: str, published: int) -> tuple[int, int, int]:
    """How many boxes the trace and the published run kept, and the work per box."""
    heads = model.roi_heads
    if boxes == "proposals":
        kept = model.rpn.post_nms_top_n()
        return kept, published, _macs_per_vector(heads.box_head, heads.box_predictor)
    head, predictor = {
        "masks": (heads.mask_head, heads.mask_predictor),
        "keypoints": (heads.keypoint_head, heads.keypoint_predictor),
    }[boxes]
    return heads.detections_per_img, published, _macs_per_region(14, head, predictor)


def _macs_per_vector(*stages: nn.Module) -> int:
    """Of fully connected layers: every weight once."""
    layers = (layer for stage in stages for layer in stage.modules())
    return sum(layer.weight.numel() for layer in layers if isinstance(layer, nn.Linear))


def _macs_per_region(side: int, *stages: nn.Module) -> int:
    """Of convolutions over a region of side x side: every weight once per position.

    They keep the size; a transposed one visits its input and hands on a region ``stride`` times as
    wide.
    """
    total = 0
    for layer in (layer for stage in stages for layer in stage.modules()):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            total += math.prod(layer.weight.shape) * side**2
            side *= layer.stride[0] if isinstance(layer, nn.ConvTranspose2d) else 1
    return total
