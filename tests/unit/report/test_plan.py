"""A plan as text and as JSON: what a training of the step written by hand would take."""

from __future__ import annotations

import json
from pathlib import Path

from flopscope.analysis.plan import Fleet, Goal, TrainingPlan, planned
from flopscope.report.plan import SCHEMA, document, render
from tests.unit.report.training_sample import training_step

DOCS = Path(__file__).parents[3] / "docs" / "training.md"


def plan() -> TrainingPlan:
    report = training_step()
    assert report.training is not None
    fleet = Fleet("card", 1e15, "bf16_matrix", "its vendor", 80 * 2**30, 8, 0.5)
    goal = Goal(4 * 10**15, of_tokens=False)
    return planned(report.profile, report.training, report.inputs, 2**30, goal, fleet)


def test_a_plan_is_the_golden_one(golden):
    golden("train_plan.txt", render("mypkg:frozen_first", plan(), ascii_only=False))
    golden("train_plan.ascii.txt", render("mypkg:frozen_first", plan(), ascii_only=True))


def test_a_plan_in_json_is_the_golden_one(golden):
    text = document("mypkg:frozen_first", plan())
    assert json.loads(text)["schema"] == SCHEMA
    golden("train_plan.json", text)


def test_every_key_of_a_plan_is_documented():
    manual = DOCS.read_text(encoding="utf-8")
    undocumented = [key for key in json.loads(document("", plan())) if f"`{key}`" not in manual]
    assert undocumented == []
