"""The JSON report against its published schema and its documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flopscope.analysis.ideal import Ideals
from flopscope.machine import Machine
from flopscope.measurements import Bandwidth
from flopscope.report import FORMATS, View
from flopscope.report.json import SCHEMA, document
from flopscope.roofline import Ideal
from tests.unit.report.samples import SAMPLES

DOCS = Path(__file__).parents[3] / "docs"
PUBLISHED = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
FIGURES = ("params", "trainable_params", "buffers", "macs", "flops", "bytes_moved")

samples = pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object with named keys."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)


def closed() -> Any:
    """The published schema, but with no room for keys that it doesn't name."""
    schema = json.loads(json.dumps(PUBLISHED))
    for part in objects(schema):
        part["additionalProperties"] = False
    return schema


def test_the_published_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)


@samples
def test_a_report_has_the_keys_of_the_schema_and_no_others(report):
    jsonschema.validate(json.loads(report.to_json()), closed())


def test_the_schema_asks_for_every_key_that_it_names():
    assert all(
        sorted(part["required"]) == sorted(part["properties"]) for part in objects(PUBLISHED)
    )


def test_every_key_is_documented():
    documented = set(re.findall(r"`(\w+)`", (DOCS / "json.md").read_text(encoding="utf-8")))
    keys = {key for part in objects(PUBLISHED) for key in part["properties"]}
    assert keys <= documented


def test_the_schema_has_a_name_and_a_number():
    assert SCHEMA == PUBLISHED["properties"]["schema"]["const"] == "flopscope.report/1"


@samples
def test_the_text_is_the_document(report):
    assert json.loads(report.to_json()) == document(report) == report.to_dict()


@samples
def test_counts_are_integers(report):
    written = document(report)
    for figures in (
        written["totals"],
        *written["modules"],
        *(m["own"] for m in written["modules"]),
    ):
        assert all(type(figures[key]) is int for key in FIGURES)


@samples
def test_own_figures_add_up_to_the_totals(report):
    written = document(report)
    for key in FIGURES:
        assert sum(module["own"][key] for module in written["modules"]) == written["totals"][key]


@samples
def test_the_first_module_is_the_model(report):
    written = document(report)
    first = written["modules"][0]
    assert first["scope"] == ""
    assert {key: first[key] for key in FIGURES} == written["totals"]


def test_what_was_not_measured_is_null():
    written = document(SAMPLES["language_model"])
    assert written["timing"] is None
    assert {module["seconds"] for module in written["modules"]} == {None}


def test_time_is_given_as_figures():
    timing = document(SAMPLES["residual_block"])["timing"]
    assert timing["runs"] == 5
    assert timing["median_seconds"] == 0.0403
    assert timing["iqr_seconds"] == pytest.approx(0.0412 - 0.0401)
    assert timing["flops_per_second"] == pytest.approx(10_887_364_608 / 0.0403)


def test_what_a_card_allocated_is_given_and_what_a_processor_did_is_unknown():
    assert document(SAMPLES["residual_block"])["timing"]["activation_bytes"] is None
    # Twice 1 MiB and 16 MiB of states.
    assert document(SAMPLES["incomplete"])["timing"]["activation_bytes"] == 18 * 2**20


def test_a_modules_own_time_is_what_its_children_leave_and_a_leafs_is_all_of_it():
    written = {module["scope"]: module for module in document(SAMPLES["residual_block"])["modules"]}
    # 41.0 - (18.1 + 1.2 + 17.9 + 1.3 + 0.9 + 0.004) ms
    assert written[""]["own"]["seconds"] == pytest.approx(0.001596)
    assert written["conv1"]["own"]["seconds"] == written["conv1"]["seconds"] == 0.0181


def test_what_limits_a_modules_own_work_is_told_apart_from_what_limits_all_of_it():
    machine = Machine("a machine", "given", {"float32": 1e12}, (Bandwidth(0, 4e9),), 1e-6)
    own = {"": Ideal(0.001, 0.0, 1), "conv1": Ideal(0.018, 0.018, 1)}
    limited = replace(SAMPLES["residual_block"], ideals=Ideals(machine, "float32", own))
    model = document(limited)["modules"][0]

    assert (model["own"]["bound"], model["own"]["ideal_seconds"]) == ("memory", 0.001)
    assert (model["bound"], model["ideal_seconds"]) == ("compute", pytest.approx(0.019))


def test_a_failed_counter_has_no_value():
    (counter,) = document(SAMPLES["incomplete"])["counters"]
    assert counter["value"] is None
    assert counter["notes"] == ["RuntimeError: could not export a module"]


@samples
@pytest.mark.parametrize(
    "view", [View(depth=0), View(columns=("macs",)), View(sort="flops"), View(width=40, color=True)]
)
def test_the_view_leaves_nothing_out(report, view):
    assert FORMATS["json"](report, view) == report.to_json()


@samples
def test_ascii_is_ascii(report):
    text = FORMATS["json"](report, View(ascii=True))
    assert text.isascii()
    assert json.loads(text) == document(report)


@samples
def test_every_module_has_its_line(report):
    lines = report.to_json().splitlines()
    for scope in report.modules:
        assert sum(line.startswith(f'    {{"scope": "{scope}", ') for line in lines) == 1
