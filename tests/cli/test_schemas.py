"""What commands write with ``--format json``, held against the schemas in ``docs``."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
BATCH, IMAGES = ("nets:Net", "--shape", "B,3,8,8"), ("nets:Net", "--shape", "B,3,R,R")
ONE = ("nets:Net", "--shape", "1,3,8,8")
DECODER = ("decoder:Decoder", "--prompt", "20", "--generate", "5")
BUDGETS = """
[tool.flopscope.budgets]
kept = { target = "nets:Net", shape = "1,3,8,8", macs = 1e9 }
broken = { target = "nets:Net", shape = "1,3,8,8", macs = 1 }
failed = { target = "nets:Missing", shape = "1,3,8,8", macs = 1 }
"""

DOCUMENTS = {
    "train-plan": [
        ("train-plan", *ONE, "--samples", "1M", "--device", "H100 SXM", "--mfu", "0.4"),
        ("train-plan", *ONE, "--samples", "1M", "--peak", "1 TFLOP/s", "--mfu", "0.4"),
    ],
    "generation": [
        ("llm", *DECODER),
        ("llm", *DECODER, "--context", "16,1k", "--device", "H100 SXM", "--weights", "int4"),
    ],
    "prediction": [
        ("predict", *ONE, "--on", "RTX 3090,TPU v4"),
        ("predict", *ONE, "--batch", "64", "--peak", "1T", "--bandwidth", "1G", "--train"),
    ],
    "predictions": [("predict", *ONE, "nets:Missing", "--batch", "64,8", "--on", "RTX 3090")],
    "difference": [("diff", "before.json", "nets:Net", "--shape", "1,3,16,16")],
    "verdicts": [("check",)],
    "sweep": [
        ("sweep", *BATCH, "--vary", "B=1,8"),
        ("sweep", *BATCH, "--vary", "B=1,8", "--pareto", "macs"),
    ],
    "answer": [
        ("solve", *BATCH, "--macs", "1M"),
        ("solve", *BATCH, "--macs", "1"),
    ],
    "formula": [("formula", *BATCH), ("formula", *IMAGES)],
}
CASES = [(name, arguments) for name, calls in DOCUMENTS.items() for arguments in calls]


def published(name: str) -> Any:
    return json.loads((ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8"))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object with named keys."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if isinstance(schema, dict):
        if "properties" in schema and "properties" not in schema.get("required", ()):
            yield schema
        for part in schema.values():
            yield from objects(part)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_a_document_is_as_published_and_has_no_key_that_is_not(name, arguments, project, run):
    shutil.copy(ROOT / "examples" / "decoder.py", project / "decoder.py")
    (project / "pyproject.toml").write_text(BUDGETS)
    assert run("profile", *ONE, "--no-time", "-o", "before.json").exit_code == 0
    done = run(*arguments, "--format", "json")
    document = json.loads(done.stdout)
    schema = published(name)
    for part in objects(schema):
        part["additionalProperties"] = False

    assert document["schema"] == f"flopscope.{name}/1"
    jsonschema.validate(document, schema)


def test_a_change_in_a_verdict_is_a_difference() -> None:
    own, inside = published("difference"), published("verdicts")["$defs"]
    assert inside["difference"]["properties"] == own["properties"]
    assert {name: inside[name] for name in own["$defs"]} == own["$defs"]


def test_each_of_several_predictions_is_one() -> None:
    own, inside = published("prediction"), published("predictions")["$defs"]["prediction"]
    assert inside["properties"] == own["properties"]
    assert inside["required"] == own["required"]


def test_every_schema_is_published_as_a_schema() -> None:
    for name in DOCUMENTS:
        jsonschema.Draft202012Validator.check_schema(published(name))
        assert published(name)["properties"]["schema"]["const"] == f"flopscope.{name}/1"


def test_every_schema_that_a_command_writes_is_published() -> None:
    """But for files that flopscope alone reads: its baseline and what it has measured."""
    own = {"baseline", "peaks", "reports"}
    sources = (ROOT / "src" / "flopscope").rglob("*.py")
    written = {
        found
        for path in sources
        for found in re.findall(
            r'^SCHEMA\w* = "flopscope\.(\S+)/1"', path.read_text("utf-8"), re.MULTILINE
        )
    }
    there = {
        path.name.removesuffix(".schema.json") for path in (ROOT / "docs").glob("*.schema.json")
    }
    assert written - own == there
