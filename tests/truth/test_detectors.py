"""torchvision publishes the GMACs of detectors, which depend on the boxes they find; ours agree.

Where the published run kept fewer boxes than the detector may, the difference is these boxes times
the work per box, to the last box. Figures: ``torchvision.csv``, of one 3x512x512 image.
"""

from __future__ import annotations

import pytest

pytest.importorskip("torchvision", reason="torchvision is not installed")

from torch import nn

from tests.truth.detectors import ROWS, count, detector


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["weights"])
def test_detectors_are_as_published_to_the_last_box(row):
    counted, profile = count(row)
    assert f"{counted.macs_with_published_boxes / 1e9:.3f}" == (
        f"{float(row['published_gmacs']):.3f}"
    )
    assert counted.boxes == "" or counted.macs_each > 1e6  # one box more would show in the figure
    assert profile.uncounted == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["weights"])
def test_params_are_as_published_but_for_norms_that_pretrained_weights_freeze(row):
    # Without weights torchvision builds the backbone with BatchNorm2d; with them, with
    # FrozenBatchNorm2d, whose scales and shifts are buffers.
    model = detector(row)
    body = getattr(model.backbone, "body", model.backbone)
    norms = [module for module in body.modules() if isinstance(module, nn.BatchNorm2d)]
    frozen = sum(parameter.numel() for norm in norms for parameter in norm.parameters())
    freezes = "_V2_Weights" not in row["weights"] and not row["weights"].startswith("SSD")
    params = sum(parameter.numel() for parameter in model.parameters())
    assert params - frozen * freezes == int(row["published_params"])
