"""torchvision publishes the GMACs of detectors, which depend on the boxes they find; ours agree.

The rule of a trace: every box passes the threshold and none suppresses another, so that as many
remain as the detector is set to keep. Where the published run kept fewer, the difference is theirs
times the work per box, to the last box. Figures: ``torchvision.csv``, of one 3x512x512 image.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

pytest.importorskip("torchvision", reason="torchvision is not installed")

import torchvision

from flopscope import tree
from flopscope.trace import building, trace

ROWS = [
    row
    for row in csv.DictReader(
        Path(__file__).with_name("torchvision.csv").read_text(encoding="utf-8").splitlines()
    )
    if row["task"] == "detection"
]
BY_WEIGHTS = {row["weights"].partition("_Weights.")[0]: row for row in ROWS}

AS_PUBLISHED = (
    *("FasterRCNN_ResNet50_FPN", "FasterRCNN_ResNet50_FPN_V2", "FCOS_ResNet50_FPN"),
    *("MaskRCNN_ResNet50_FPN_V2", "SSD300_VGG16", "SSDLite320_MobileNet_V3_Large"),
    *("RetinaNet_ResNet50_FPN", "RetinaNet_ResNet50_FPN_V2"),
)
SLOW = ("RetinaNet_ResNet50_FPN", "RetinaNet_ResNet50_FPN_V2")


def detector(name: str, **options: object) -> torch.nn.Module:
    function = BY_WEIGHTS[name]["target"].partition(":")[2].partition("(")[0]
    build = getattr(torchvision.models.detection, function)
    with building():
        model: torch.nn.Module = build(weights=None, weights_backbone=None, **options).eval()
    return model


def counted(model: torch.nn.Module) -> tree.Profile:
    return tree.profile(trace(model, ([torch.empty(3, 512, 512, device="meta")],)))


def gmacs(macs: int) -> str:
    return f"{macs / 1e9:.3f}"


def published(weights: str) -> str:
    (row,) = (row for row in ROWS if row["weights"] == weights)
    return f"{float(row['published_gmacs']):.3f}"


def macs_per_box(*layers: torch.nn.Module) -> int:
    """Of fully connected layers: every weight once."""
    return sum(
        layer.in_features * layer.out_features
        for module in layers
        for layer in module.modules()
        if isinstance(layer, torch.nn.Linear)
    )


def macs_per_region(side: int, *layers: torch.nn.Module) -> int:
    """Of convolutions over a region of side x side: every weight once per position visited.

    Transposed ones visit their input, the others keep the size; what follows a transposed one sees
    a region twice as wide.
    """
    total = 0
    for module in layers:
        for layer in module.modules():
            if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                total += math.prod(layer.weight.shape) * side**2
                side *= layer.stride[0] if isinstance(layer, torch.nn.ConvTranspose2d) else 1
    return total


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.truth if name in SLOW else ()) for name in AS_PUBLISHED],
)
def test_detectors_that_kept_all_the_boxes_they_may_are_as_published(name: str) -> None:
    found = counted(detector(name))
    row = BY_WEIGHTS[name]
    assert gmacs(found.root.cost.macs) == published(row["weights"])
    assert found.uncounted == ()


@pytest.mark.parametrize(
    ("name", "kept"),
    [("FasterRCNN_MobileNet_V3_Large_320_FPN", 150), ("FasterRCNN_MobileNet_V3_Large_FPN", 1000)],
)
def test_the_published_run_of_these_proposed_no_box(name: str, kept: int) -> None:
    model = detector(name)
    heads = model.roi_heads
    assert model.rpn.post_nms_top_n() == kept
    not_run = kept * macs_per_box(heads.box_head, heads.box_predictor)
    assert gmacs(counted(model).root.cost.macs - not_run) == published(BY_WEIGHTS[name]["weights"])


def test_the_published_run_of_mask_rcnn_found_nothing_to_mask() -> None:
    model = detector("MaskRCNN_ResNet50_FPN")
    heads = model.roi_heads
    per_detection = macs_per_region(14, heads.mask_head, heads.mask_predictor)
    not_run = heads.detections_per_img * per_detection
    weights = "MaskRCNN_ResNet50_FPN_Weights.COCO_V1"
    assert gmacs(counted(model).root.cost.macs - not_run) == published(weights)


KEYPOINTS: Mapping[str, int] = {
    "KeypointRCNN_ResNet50_FPN_Weights.COCO_LEGACY": 0,
    "KeypointRCNN_ResNet50_FPN_Weights.COCO_V1": 1,
}
"""How many persons the published run of each found."""


@pytest.mark.parametrize(("weights", "persons"), KEYPOINTS.items())
def test_the_published_runs_of_keypoint_rcnn_found_no_and_one_person(
    weights: str, persons: int
) -> None:
    model = detector("KeypointRCNN_ResNet50_FPN", box_detections_per_img=0)
    heads = model.roi_heads
    per_person = macs_per_region(14, heads.keypoint_head, heads.keypoint_predictor)
    found = counted(model).root.cost.macs + persons * per_person
    assert gmacs(found) == published(weights)


@pytest.mark.parametrize("name", sorted(set(BY_WEIGHTS) - set(SLOW)))
def test_params_are_as_published_but_for_norms_that_pretrained_weights_freeze(name: str) -> None:
    # Without weights torchvision builds the backbone with BatchNorm2d; with them, with
    # FrozenBatchNorm2d, whose scales and shifts are buffers.
    model = detector(name)
    body = model.backbone.body if hasattr(model.backbone, "body") else model.backbone
    frozen = sum(
        parameter.numel()
        for module in body.modules()
        if isinstance(module, torch.nn.BatchNorm2d)
        for parameter in module.parameters()
    )
    params = sum(parameter.numel() for parameter in model.parameters())
    freezes = not name.endswith("_V2") and not name.startswith("SSD")
    assert params - frozen * freezes == int(BY_WEIGHTS[name]["published_params"])
