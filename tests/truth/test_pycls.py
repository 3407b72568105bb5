"""pycls derives the FLOPs and params of its models layer by layer; ours are the same integers.

``pycls.csv`` holds what its ``complexity`` functions return (``pycls/models/*.py``; multiply-
accumulates, and the additions of biases) and the model of timm with the same layers.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytest.importorskip("timm", reason="timm is not installed")

from flopscope import tree
from flopscope.analysis.conventions import total
from tests.truth.zoo import trace_of

ROWS = list(csv.DictReader(Path(__file__).with_name("pycls.csv").read_text().splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_macs_with_biases_and_params_are_exact(row):
    traced = trace_of(row["timm"], int(row["img_size"]))
    assert total(traced, "pycls") == int(row["macs_and_biases"])
    assert tree.profile(traced).root.params == int(row["params"])
