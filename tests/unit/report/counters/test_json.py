"""A comparison as JSON against its published schema and its documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flopscope.analysis.conventions.weighing import Cause
from flopscope.report import View
from flopscope.report.counters import COMPARISON_FORMATS
from flopscope.report.counters.json import SCHEMA, document
from tests.unit.report.counters.samples import COMPARISONS

DOCS = Path(__file__).parents[4] / "docs"
PUBLISHED = json.loads((DOCS / "compare.schema.json").read_text(encoding="utf-8"))

comparisons = pytest.mark.parametrize("comparison", COMPARISONS.values(), ids=COMPARISONS)


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
    assert SCHEMA == PUBLISHED["properties"]["schema"]["const"] == "flopscope.compare/1"


@comparisons
def test_a_comparison_has_the_keys_of_the_schema_and_no_others(comparison):
    jsonschema.validate(comparison.to_dict(), closed())


def test_the_schema_asks_for_every_key_that_it_names():
    assert all(
        sorted(part["required"]) == sorted(part["properties"]) for part in objects(PUBLISHED)
    )


def test_every_key_is_documented():
    pages = (DOCS / name for name in ("compare.md", "json.md"))
    documented = {
        key for page in pages for key in re.findall(r"`(\w+)`", page.read_text(encoding="utf-8"))
    }
    keys = {key for part in objects(PUBLISHED) for key in part["properties"]}
    assert keys <= documented


def test_every_cause_is_documented():
    documented = set(re.findall(r"`(\w+)`", (DOCS / "compare.md").read_text(encoding="utf-8")))
    assert {cause.name.lower() for cause in Cause} <= documented


@comparisons
def test_the_explanation_adds_up(comparison):
    for counter in document(comparison)["counters"]:
        explanation = counter["explanation"]
        if explanation is None or counter["value"] is None:
            continue
        amounts = sum(term["amount"] for term in explanation["terms"])
        assert explanation["ours"] + amounts == explanation["predicted"]
        assert explanation["predicted"] + explanation["remainder"] == counter["value"]


def test_a_counter_that_was_not_run_has_no_figure_but_what_it_would_print():
    for counter in document(COMPARISONS["too_large"])["counters"][:2]:
        assert (counter["ran"], counter["value"]) == (False, None)
        assert counter["explanation"]["predicted"] > counter["explanation"]["ours"]


@comparisons
def test_the_view_leaves_nothing_out(comparison):
    assert COMPARISON_FORMATS["json"](comparison, View(depth=0, width=40)) == comparison.to_json()
