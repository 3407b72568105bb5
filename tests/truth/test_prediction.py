"""Predictions beside published throughput: models by lot, of timm's results with torch 2.4.

The constants were fitted to these rows among others; ``docs/prediction_fit.md`` has the errors of
models that a fit has not seen.
"""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest

pytest.importorskip("timm", reason="timm is not installed")

import timm
import torch

from flopscope.analysis.prediction.estimate import predict
from flopscope.devices import typed_device
from flopscope.planning import Mode
from flopscope.records import Trace
from flopscope.trace import building, trace

pytestmark = pytest.mark.filterwarnings("ignore:Mapping deprecated model name")

MODE = Mode(autocast="float16", half_norms=True)
with Path(__file__).with_name("latency.csv").open(encoding="utf-8") as file:
    ROWS = tuple(csv.DictReader(file))
DEVICES = ("RTX 3090", "RTX 4090")


@pytest.fixture(scope="module")
def traces() -> Mapping[tuple[str, str, str], Trace]:
    found = {}
    for row in ROWS:
        key = row["model"], row["img_size"], row["batch"]
        if key not in found:
            found[key] = traced(row["model"], int(row["img_size"]), int(row["batch"]))
    return found


def traced(name: str, side: int, batch: int) -> Trace:
    with building():
        model = timm.create_model(name)
    if model.default_cfg["input_size"][-1] != side and hasattr(model, "patch_embed"):
        with building():
            model = timm.create_model(name, img_size=side)
    images = torch.empty(batch, 3, side, side, device="meta")
    with MODE.entered_in("device:cuda"):
        return trace(model.eval(), (images,), stream="device:cuda")


@pytest.mark.parametrize("name", DEVICES)
def test_times_are_near_those_published_and_in_their_order(name, traces) -> None:
    device, pairs, inside = typed_device(name), [], 0
    for row in ROWS:
        if row["device"] == name:
            key = row["model"], row["img_size"], row["batch"]
            found = predict(traces[key], device)
            measured = int(row["batch"]) / float(row["samples_per_sec"])
            pairs.append((found.seconds, measured))
            inside += found.low_seconds <= measured <= found.high_seconds
    errors = [abs(math.log(ours / theirs)) for ours, theirs in pairs]
    ordered = [(one[0] < other[0]) == (one[1] < other[1]) for one, other in combinations(pairs, 2)]

    assert len(pairs) == 30
    assert statistics.median(errors) < 0.07
    assert inside >= 24  # 27 of 30 are expected, and 24 or more in 97 of 100 draws
    assert statistics.mean(ordered) > 0.95
