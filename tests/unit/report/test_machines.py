"""Machines side by side: the table as a whole, and the words that the figures make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flopscope.analysis.machines import Machines, machines_of
from flopscope.report import FORMATS, View
from flopscope.report.machines import MACHINES_FORMATS
from flopscope.report.machines_words import explanation
from flopscope.report.written import read_machines
from tests.unit.report.machine_reports import Object, counted, report, write

DOCS = Path(__file__).parents[3] / "docs"
PUBLISHED = json.loads((DOCS / "machines.schema.json").read_text(encoding="utf-8"))


def beside(folder: Path, **documents: Object) -> Machines:
    return machines_of(read_machines(write(folder, **documents)))


def said(folder: Path, **documents: Object) -> str:
    """What is said of the difference between two machines."""
    (comparison,) = beside(folder, **documents).models[0].comparisons
    return "\n".join(explanation(comparison))


def objects(schema: Any) -> Iterator[Object]:
    """Every schema of an object with named keys."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)


def closed() -> Object:
    """The published schema, but with no room for keys that it doesn't name."""
    schema: Object = json.loads(json.dumps(PUBLISHED))
    for part in objects(schema):
        part["additionalProperties"] = False
    return schema


def test_every_format_of_machines_is_one_of_a_report() -> None:
    assert set(MACHINES_FORMATS) <= set(FORMATS)


@pytest.mark.parametrize(
    ("name", "view"),
    [("pipe", View()), ("80", View(width=80)), ("ascii", View(ascii=True, depth=0))],
)
def test_the_table_is_the_golden_one(name, view, golden, tmp_path):
    machines = beside(tmp_path, a=report("a"), b=report("b"))

    golden(f"machines.{name}.txt", MACHINES_FORMATS["table"](machines, view))


def test_without_time_the_table_is_the_golden_one(golden, tmp_path):
    machines = beside(tmp_path, a=counted("a"), b=counted("b"))

    golden("machines.counted.txt", MACHINES_FORMATS["table"](machines, View()))


def test_the_speed_has_its_reasons_in_figures(tmp_path: Path) -> None:
    words = said(tmp_path, a=report("a"), b=report("b"))

    assert "3.33x as fast as a: 12.0 ms against 40.0 ms (± 5.0%)" in words
    assert "peak is 3.00x: 300 GFLOP/s against 100 GFLOP/s in float32" in words
    assert "bandwidth is 2.00x: 20.0 GB/s against 10.0 GB/s (measured)" in words
    assert "the limits allow 2.73x (9.17 ms against 25.0 ms at least)" in words
    assert "the rest, 1.22x, is how near each gets" in words
    assert "b reaches 76%, a reaches 62%" in words  # 9.17 / 12, and 25 / 40
    assert "80% of a's time (32.0 ms) is bound by arithmetic: there b is 4.00x as fast" in words
    assert "20% of a's time (8.00 ms) is bound by memory: there b is 2.00x as fast" in words
    assert "conv (Conv2d) 32.0 ms to 8.00 ms (86% of the difference)" in words  # 24 of 28 ms
    assert "starting 2 operators one after the other: 4.00 µs on b" in words
    assert "8 threads against 2" in words
    assert "clock: not known against 2.00 GHz" in words


def test_the_slower_machine_is_said_to_be_slower(tmp_path: Path) -> None:
    assert "3.33x as slow as a" in said(tmp_path, a=report("b"), b=report("a"))


def test_a_difference_within_the_error_is_called_none(tmp_path: Path) -> None:
    words = said(tmp_path, a=report("a"), b=report("a"))

    assert "no difference that the measurements can tell" in words
    assert "of the difference" not in words


def test_what_is_not_known_of_the_limits_is_said(tmp_path: Path) -> None:
    words = said(tmp_path, a=report("a"), b=report("b", limits=None))
    assert "limits not known of b" in words

    limits = {**report("b")["limits"], "flops_per_second": None, "dtype": "bfloat16"}
    words = said(tmp_path, a=report("a"), b=report("b", limits=limits))
    assert "peak: not known against 100 GFLOP/s in bfloat16 against float32" in words


def test_a_device_without_a_rate_for_the_type_is_named(tmp_path: Path) -> None:
    other = report("b")
    other["limits"]["dtype"] = "bfloat16"
    other["timing"]["device_name"] = "Tesla T4"  # of 2018, before bfloat16 came to these cards

    assert "b: the datasheet of T4 has no rate for bfloat16" in said(
        tmp_path, a=report("a"), b=other
    )


def test_work_that_differs_is_said_to_with_what_could_be_why(tmp_path: Path) -> None:
    other = report("b", inputs=[], environment={"flopscope": "0.2.0", "torch": "2.13.0"})
    other["modules"][0]["flops"] += 2
    words = said(tmp_path, a=report("a"), b=other)

    assert "NOT the same work: 1 module not alike, the model itself first" in words
    assert "(other inputs, flopscope 0.2.0 against 0.1.0)" in words
    assert "2,000,000,002 FLOPs against 2,000,000,000" in words


def test_a_pass_that_is_another_while_watched_is_told(tmp_path: Path) -> None:
    other = report("b")
    other["timing"]["overhead_seconds"] = 0.012

    assert "b's layers add up to 24.0 ms, not to 12.0 ms" in said(tmp_path, a=report("a"), b=other)


def test_a_layer_with_another_limit_on_the_other_machine_is_named(tmp_path: Path) -> None:
    other = report("b")
    other["modules"][1]["bound"] = "overhead"

    words = said(tmp_path, a=report("a"), b=other)
    assert "80% is in layers with another limit on b: conv by overhead instead of compute" in words


def test_what_could_not_be_compared_is_listed(tmp_path: Path) -> None:
    failures = [{"target": "nets:Gone", "message": "no 'Gone' in nets"}]
    lonely = report("b", target="nets:Big", modules=[{**report("b")["modules"][0], "type": "Big"}])
    both = {"schema": "flopscope.reports/1", "reports": [report("b"), lonely], "failures": failures}
    shown = MACHINES_FORMATS["table"](beside(tmp_path, a=report("a"), b=both), View())

    assert "only in b: nets:Big" in shown
    assert "failed in b: nets:Gone: no 'Gone' in nets" in shown


@pytest.mark.parametrize("make", [report, counted])
def test_the_document_has_the_keys_of_the_schema(make, tmp_path: Path) -> None:
    machines = beside(tmp_path, a=make("a"), b=make("b"))
    document = json.loads(MACHINES_FORMATS["json"](machines, View(depth=0)))

    jsonschema.validate(document, closed())
    assert [len(each["layers"]) for each in document["models"][0]["reports"]] == [3, 3]


def test_every_key_of_the_schema_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", (DOCS / "machines.md").read_text(encoding="utf-8")))
    keys = {key for part in objects(PUBLISHED) for key in part["properties"]}

    assert keys <= documented
