"""Traces of measured time: spans that nest as modules do, and last as long as they took."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from flopscope.errors import FlopscopeError
from flopscope.report import FORMATS, View
from flopscope.report.several import SEVERAL_FORMATS, Several
from tests.unit.report.samples import SAMPLES

MEASURED = SAMPLES["residual_block"]


TICK = 1 / 8
"""Microseconds that spans are whole numbers of."""


def spans(text: str, thread: int = 1) -> dict[str, Any]:
    events = json.loads(text)["traceEvents"]
    return {
        event["name"]: event for event in events if event["ph"] == "X" and event["tid"] == thread
    }


def test_a_span_is_as_long_as_its_module_took_in_microseconds():
    found = spans(FORMATS["chrome"](MEASURED, View()))
    timing = MEASURED.timing
    assert timing is not None
    for name, kind in (("conv1", "Conv2d"), ("relu", "ReLU"), ("norm2", "InstanceNorm2d")):
        took = 1e6 * timing.module_seconds[name]
        assert found[f"{name} ({kind})"]["dur"] == pytest.approx(took, abs=TICK / 2)
    took = 1e6 * timing.module_seconds[""]
    assert found["ResidualBlock"]["dur"] == pytest.approx(took, abs=6 * TICK)  # of five and itself


def test_spans_lie_inside_that_of_the_module_that_holds_them_and_one_after_another():
    found = spans(FORMATS["chrome"](MEASURED, View()))
    model = found.pop("ResidualBlock")
    end = model["ts"]
    for span in found.values():
        assert span["ts"] == pytest.approx(end)
        end = span["ts"] + span["dur"]
    assert end <= model["ts"] + model["dur"]


def test_no_span_ends_after_the_next_begins_in_any_arithmetic():
    """Viewers add ts and dur, in floating point or in whole nanoseconds, and drop what overlaps."""
    names = [f"conv{i}" for i in range(300)]
    modules = {name: (i + 1) * 1.1e-6 / 3 for i, name in enumerate(names)}
    timing = replace(MEASURED.timing, module_seconds={"": 2 * sum(modules.values()), **modules})
    conv = MEASURED.modules["conv1"]
    children = tuple(replace(conv, spec=replace(conv.spec, scope=name)) for name in names)
    root = replace(MEASURED.profile.root, children=children)
    report = replace(MEASURED, profile=replace(MEASURED.profile, root=root), timing=timing)

    model, *inside = spans(FORMATS["chrome"](report, View())).values()
    for one, following in pairwise(inside):
        assert one["ts"] + one["dur"] == following["ts"]
        assert all((1000 * one[key]).is_integer() for key in ("ts", "dur"))
    assert inside[-1]["ts"] + inside[-1]["dur"] <= model["ts"] + model["dur"]


def test_a_span_has_its_modules_figures():
    found = spans(FORMATS["chrome"](MEASURED, View()))
    node = MEASURED.modules["conv1"]
    figures = found["conv1 (Conv2d)"]["args"]
    assert (figures["scope"], figures["output"]) == ("conv1", "2×384×32×32")
    assert (figures["macs"], figures["params"]) == (node.cost.macs, node.params)


def test_operators_that_were_timed_have_spans_of_their_own():
    timing = replace(MEASURED.timing, operator_seconds={"aten.conv2d": 0.036, "aten.relu": 0.001})
    found = spans(FORMATS["chrome"](replace(MEASURED, timing=timing), View()), thread=2)
    assert {name: span["dur"] for name, span in found.items()} == {
        "aten.conv2d": pytest.approx(36_000),
        "aten.relu": pytest.approx(1_000),
    }


@pytest.mark.parametrize("sample", ["language_model", "incomplete"])
def test_without_time_per_module_there_is_one_clear_error(sample):
    with pytest.raises(FlopscopeError, match="was not measured"):
        FORMATS["chrome"](SAMPLES[sample], View())


def test_several_models_are_processes_of_one_trace():
    both = Several((MEASURED, replace(MEASURED, target="other")))
    events = json.loads(SEVERAL_FORMATS["chrome"](both, View()))["traceEvents"]
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert names == {1: MEASURED.target, 2: "other"}
