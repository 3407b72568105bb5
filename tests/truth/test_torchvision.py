"""torchvision publishes the GMACs and params of each of its weights; ours are the same.

``torchvision.csv`` holds its ``weights.meta["_ops"]``, to three decimals, and ``["num_params"]``,
from torchvision 0.29.2, with the target that builds the model that they belong to.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torchvision", reason="torchvision is not installed")

from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target

TABLE = Path(__file__).with_name("torchvision.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TABLE.splitlines()))
ARCHITECTURES = list({row["target"] + row["shapes"]: row for row in ROWS}.values())
WITHOUT_BOXES = [row for row in ARCHITECTURES if row["task"] != "detection"]
QUICK = ("resnet18", "resnet50", "vit_b_16", "swin_t", "mobilenet_v3_large", "convnext_tiny")


@pytest.mark.filterwarnings("ignore:The default weight initialization")  # of two models
@pytest.mark.parametrize("row", WITHOUT_BOXES, ids=lambda row: row["weights"])
def test_macs_and_params_are_those_that_torchvision_publishes(row):
    shapes = tuple(row["shapes"].split())
    report = profile_target(Request(row["target"], inputs=GivenInputs(shapes), time=False))
    assert f"{report.macs / 1e9:.3f}" == f"{float(row['published_gmacs']):.3f}"
    assert report.params == int(row["published_params"])
    assert report.uncounted == ()


@pytest.mark.parametrize("name", QUICK)
def test_the_command_says_so_too(name):
    (row,) = [row for row in ARCHITECTURES if row["target"] == f"torchvision.models:{name}"]
    command = ["profile", row["target"], "--shape", row["shapes"], "--no-time", "--format", "json"]
    printed = subprocess.run(
        [sys.executable, "-m", "flopscope", *command], capture_output=True, check=True
    )
    totals = json.loads(printed.stdout)["totals"]
    assert f"{totals['macs'] / 1e9:.3f}" == f"{float(row['published_gmacs']):.3f}"
    assert totals["params"] == int(row["published_params"])


def test_the_sizes_are_those_that_torchsummary_prints():
    """For VGG-16, from its README: 0.57, 218.59 and 527.79 MB, 746.96 in total.

    torchvision has since put an adaptive pooling before the classifier, of 512 x 7 x 7 outputs.
    """
    target = "torchvision.models:vgg16"
    report = profile_target(Request(target, inputs=GivenInputs(("1,3,224,224",)), time=False))
    sizes = {name: nbytes / 2**20 for name, nbytes in report.to_dict()["sizes"].items()}
    pooling = 2 * 512 * 7 * 7 * 4 / 2**20
    assert sizes["input_bytes"] == pytest.approx(0.57, abs=0.005)
    assert sizes["activation_bytes"] == pytest.approx(218.59 + pooling, abs=0.005)
    assert sizes["param_bytes"] == pytest.approx(527.79, abs=0.005)
    assert sizes["total_bytes"] == pytest.approx(746.96 + pooling, abs=0.01)
