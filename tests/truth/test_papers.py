"""Papers and READMEs print a figure or two per model; ours are within three percent.

``papers.csv`` names the source of each. Left out are those that their authors printed of another
model: ResNets with the stride in another layer, rows of a table that slipped, earlier variants.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytest.importorskip("timm", reason="timm is not installed")

from flopscope import tree
from tests.truth.zoo import trace_of

ROWS = list(csv.DictReader(Path(__file__).with_name("papers.csv").read_text().splitlines()))
QUICK = ("resnet18", "vgg19", "mobilenetv2_100", "mobilenetv1_100", "mobilenetv3_large_100")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=f"{row['name']}-{row['img_size']}",
            marks=() if row["name"] in QUICK else pytest.mark.truth,
        )
        for row in ROWS
    ],
)
def test_macs_are_those_that_its_authors_print(row):
    macs = tree.profile(trace_of(row["name"], int(row["img_size"]))).root.cost.macs
    assert macs / 1e9 == pytest.approx(float(row["printed_gmacs"]), rel=0.03)
