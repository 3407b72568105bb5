"""timm publishes GMACs that fvcore counted; in fvcore's convention ours are the same.

``timm.csv`` holds timm's published GMACs, to two decimals, and params (``results/*.csv`` of timm's
repository), per model and image size. ``macs`` is half of what ``torch.utils.flop_counter`` of
torch 2.15 counts on timm 1.0.31, and ``cause`` says why the two differ where they do.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytest.importorskip("timm", reason="timm is not installed")

import timm

from flopscope import tree
from flopscope.analysis.conventions import total
from tests.truth.zoo import published_trace_of, trace_at_own_size, trace_of

pytestmark = pytest.mark.filterwarnings("ignore:Mapping deprecated model name")

ROWS = list(csv.DictReader(Path(__file__).with_name("timm.csv").read_text().splitlines()))
QUICK = 40


def cheapest_of_families() -> list[dict[str, str]]:
    dearest_first = sorted(ROWS, key=lambda row: -int(row["macs"]))
    cheapest = {row["family"]: row for row in dearest_first}.values()
    return sorted(cheapest, key=lambda row: int(row["macs"]))[:QUICK]


SMALL = cheapest_of_families()
SMALL_THEN_OTHERS = [
    pytest.param(
        row,
        id=f"{row['model']}-{row['img_size']}",
        marks=() if row in SMALL else pytest.mark.truth,
    )
    for row in (*SMALL, *(row for row in ROWS if row not in SMALL))
]


@pytest.mark.parametrize("row", SMALL_THEN_OTHERS)
def test_macs_are_those_of_the_contractions_alone(row):
    counted = tree.profile(trace_of(row["model"], int(row["img_size"])))
    assert counted.root.cost.macs == int(row["macs"])
    assert counted.uncounted == ()


@pytest.mark.parametrize("row", SMALL_THEN_OTHERS)
def test_the_published_figures_are_ours_in_the_convention_of_fvcore(row):
    traced = published_trace_of(row["model"], int(row["img_size"]))
    assert f"{total(traced, 'fvcore') / 1e9:.2f}" == f"{float(row['published_gmacs']):.2f}"
    params = tree.profile(traced).root.params
    assert f"{params / 1e6:.2f}" == f"{float(row['published_params_m']):.2f}"


@pytest.mark.truth
@pytest.mark.parametrize("name", timm.list_models())
def test_every_model_that_timm_lists_is_counted_whole(name):
    assert tree.profile(trace_at_own_size(name)).uncounted == ()
