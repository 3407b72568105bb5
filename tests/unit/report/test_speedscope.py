"""Files for speedscope against its own schema, and their figures against the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flopscope.report import FORMATS, View
from flopscope.report.several import SEVERAL_FORMATS, Several
from flopscope.report.weights import totals, weights_of
from tests.unit.report.samples import SAMPLES

PUBLISHED = json.loads(Path(__file__).with_name("speedscope.schema.json").read_text("utf-8"))
"""dist/release/file-format-schema.json of the npm package speedscope 1.25.0 (MIT licence)."""

MEASURED = SAMPLES["residual_block"]


def checked(text: str) -> Any:
    written = json.loads(text)
    jsonschema.validate(written, PUBLISHED)
    return written


@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_each_profile_adds_up_to_its_weights_total(report):
    written = checked(FORMATS["speedscope"](report, View()))
    weights = weights_of(report)

    assert [profile["name"] for profile in written["profiles"]] == [w.title for w in weights]
    for profile, weight in zip(written["profiles"], weights, strict=True):
        whole = totals(report, weight)[""]
        assert len(profile["samples"]) == len(profile["weights"])
        assert sum(profile["weights"]) == profile["endValue"] == pytest.approx(whole)


def test_a_sample_is_a_module_below_those_that_it_is_in():
    written = checked(FORMATS["speedscope"](SAMPLES["language_model"], View()))
    names = [frame["name"] for frame in written["shared"]["frames"]]
    stacks = [[names[frame] for frame in sample] for sample in written["profiles"][0]["samples"]]
    assert [
        "LanguageModel",
        "model (Decoder)",
        "layers (ModuleList)",
        "11 (DecoderLayer)",
        "attention (SelfAttention)",
        "query (Linear)",
    ] in stacks


def test_the_weight_that_is_asked_for_is_opened_first():
    written = checked(FORMATS["speedscope"](MEASURED, View(weight="time")))
    opened = written["profiles"][written["activeProfileIndex"]]
    assert (opened["name"], opened["unit"]) == ("Time", "seconds")


def test_several_models_are_profiles_of_one_file():
    both = Several((MEASURED, SAMPLES["odd_modules"]))
    written = checked(SEVERAL_FORMATS["speedscope"](both, View(weight="params")))
    assert [profile["endValue"] for profile in written["profiles"]] == [
        report.params for report in both.reports
    ]
