"""Predictions as text, JSON, CSV and Markdown: whole, documented, and with nothing between them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flopscope.analysis.prediction.machines import Scalars
from flopscope.analysis.prediction.outlooks import Traced, Where, outlooks
from flopscope.devices import Sustained
from flopscope.measurements import Environment
from flopscope.records import Call
from flopscope.report import FORMATS, View
from flopscope.report.prediction import (
    PREDICTION_FORMATS,
    PREDICTION_SUFFIXES,
    PredictionReport,
)
from flopscope.report.prediction.several import SEVERAL_PREDICTION_FORMATS, Predictions
from flopscope.report.several import Failure
from tests.unit.analysis.prediction.streams import (
    LOOKUP,
    PASS,
    PEAK,
    PRODUCT,
    RELU,
    device,
    fit,
    trace,
    workload,
)

DOCS = Path(__file__).parents[4] / "docs"
PUBLISHED = json.loads((DOCS / "prediction.schema.json").read_text(encoding="utf-8"))
MANUAL = (DOCS / "prediction.md").read_text(encoding="utf-8")
ENVIRONMENT = Environment("0.1.0", "2.14.1", "3.12.1", "cpu")


def report(*calls: Call, launch_seconds: float = 0.0, **changed: Any) -> PredictionReport:
    """A model on a card with all that there can be to say, and on one with little."""
    found = trace(*calls)
    asked = workload(found, **changed)
    where = Where(
        (device(watts=350, memory_bytes=(2**22, 2**23)), device("strange", vendor="other")),
        {"strange": Scalars(0.5, 1.0)} if not calls else {},
        {"plain": 0.35},
    )
    constants = fit({"fused": 0.25}, launch_seconds=launch_seconds)
    return PredictionReport(
        "mypkg:Net",
        ENVIRONMENT,
        tuple(outlooks(Traced(found), asked, where, constants)),
        found.assumptions,
        ("input: what a test says",),
    )


def unsure() -> PredictionReport:
    """A model of little work, and of operators that nobody knows the time of."""
    calls = (Call(LOOKUP, "block"), *[Call(RELU, "block.act")] * 20)
    return report(*calls, launch_seconds=10 * PASS, autocast="float16", memory=None)


VIEWS = [
    ("80", View(width=80)),
    ("120", View(width=120)),
    ("200", View(width=200)),
    ("pipe", View()),
    ("ascii", View(ascii=True, depth=0)),
]


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_the_table_is_the_golden_one(name, view, golden) -> None:
    golden(f"prediction.{name}.txt", PREDICTION_FORMATS["table"](report(), view))


def test_a_prediction_that_is_not_to_be_trusted_is_the_golden_one(golden) -> None:
    golden("prediction.unsure.txt", PREDICTION_FORMATS["table"](unsure(), View(width=100)))


@pytest.mark.parametrize(
    ("name", "suffix"), [(name, suffix) for suffix, name in PREDICTION_SUFFIXES.items()][1:]
)
def test_a_format_is_the_golden_one(name, suffix, golden) -> None:
    golden(f"prediction{suffix}", PREDICTION_FORMATS[name](report(), View()))


@pytest.mark.parametrize("width", [100, None])
def test_several_models_are_the_golden_ones(width, golden) -> None:
    several = Predictions(
        (report(), unsure(), replace(unsure(), target="mypkg:Other")),
        (Failure("mypkg:Nt", "no 'Nt' in mypkg", "did you mean 'Net'?", 3),),
    )
    text = SEVERAL_PREDICTION_FORMATS["table"](several, View(width=width))
    golden(f"predictions.{width or 'pipe'}.txt", text)


def test_several_models_are_shown_in_every_format() -> None:
    several = Predictions((report(), unsure()))

    assert set(SEVERAL_PREDICTION_FORMATS) == set(PREDICTION_FORMATS)
    for name in SEVERAL_PREDICTION_FORMATS:
        assert SEVERAL_PREDICTION_FORMATS[name](several, View()).count("plain") >= 2
    written = json.loads(SEVERAL_PREDICTION_FORMATS["json"](several, View()))
    assert written["predictions"] == [report().to_dict(), unsure().to_dict()]


def test_every_format_is_one_of_a_report() -> None:
    assert set(PREDICTION_FORMATS) <= set(FORMATS)
    assert set(PREDICTION_SUFFIXES.values()) == set(PREDICTION_FORMATS)


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width) -> None:
    for each in (report(), unsure()):
        lines = PREDICTION_FORMATS["table"](each, View(width=width)).splitlines()
        assert max(map(len, lines)) <= width


def test_floor_roofline_and_estimate_come_in_this_order() -> None:
    text = PREDICTION_FORMATS["table"](report(), View())

    places = [text.index(f"\n{label} ") for label in ("floor", "roofline", "estimate")]
    assert places == sorted(places)


def test_what_each_device_keeps_up_is_told_of_each() -> None:
    found, constants = trace(), fit()
    rates = (Sustained("fp16_matrix", PEAK * share, "a test") for share in (0.5, 0.75))
    cards = tuple(device(f"card {place}", sustained=(rate,)) for place, rate in enumerate(rates))
    there = tuple(outlooks(Traced(found), workload(found), Where(cards), constants))
    text = PREDICTION_FORMATS["table"](PredictionReport("Net", ENVIRONMENT, there), View())

    assert "card 0: it keeps up 50% of its peak" in text
    assert "card 1: it keeps up 75% of its peak" in text


def test_a_time_that_starting_kernels_decides_has_no_band() -> None:
    text = PREDICTION_FORMATS["table"](unsure(), View())

    assert "without a band" in text
    assert "asking for kernels and starting them" in text
    assert unsure().band is None


def test_the_first_device_is_what_the_report_is_of() -> None:
    seconds = PRODUCT + 3 * PASS

    assert report().seconds == seconds
    assert report().band == (0.8 * seconds, 1.25 * seconds)


def test_modules_have_all_that_is_inside_them() -> None:
    modules = {layer.scope: layer.spent.seconds for layer in report().modules if layer.kind}

    assert modules == {
        "": PRODUCT + 3 * PASS,
        "block": PRODUCT + 3 * PASS,
        "block.fc": PRODUCT + PASS,
        "block.act": PASS,
    }


def test_operators_have_all_their_kernels() -> None:
    parts = {part.name: (part.seconds, part.launches) for part in report().operators}

    assert parts == {"aten.linear": (PRODUCT + PASS, 1), "aten.relu": (2 * PASS, 2)}


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object with named keys."""
    parts = schema if isinstance(schema, list) else []
    if isinstance(schema, dict):
        parts = list(schema.values())
        if "properties" in schema:
            yield schema
    for part in parts:
        yield from objects(part)


def test_json_is_as_the_published_schema_says_and_has_nothing_else() -> None:
    closed = json.loads(json.dumps(PUBLISHED))
    for part in objects(closed):
        part["additionalProperties"] = False
    for each in (report(), unsure()):
        jsonschema.validate(each.to_dict(), closed)


def test_every_key_is_documented() -> None:
    keys = {key for part in objects(PUBLISHED) for key in part["properties"]}

    assert sorted(key for key in keys if f"`{key}`" not in MANUAL) == []


def test_csv_has_a_line_for_each_device() -> None:
    rows = list(csv.DictReader(io.StringIO(PREDICTION_FORMATS["csv"](report(), View()))))

    assert [row["device"] for row in rows] == ["plain", "strange"]
    assert float(rows[0]["seconds"]) == report().seconds
    assert rows[1]["price_per_million_samples"] == ""


def test_a_file_is_in_the_format_of_its_suffix(tmp_path: Path) -> None:
    report().save(tmp_path / "prediction.json")

    written = json.loads((tmp_path / "prediction.json").read_text(encoding="utf-8"))
    assert written == report().to_dict()
