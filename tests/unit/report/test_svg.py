"""The picture is well-formed, and as wide as its figures say."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from flopscope.records import ModuleSpec
from flopscope.report import FORMATS, View
from flopscope.report.palette import COLORS, HOLDER, OTHER
from flopscope.report.svg import MARGIN, NARROWEST, WIDTH
from flopscope.report.unit import COUNT
from flopscope.report.weights import WEIGHTS, totals, weights_of
from flopscope.tree import Node
from tests.unit.report.samples import SAMPLES

SVG = "{http://www.w3.org/2000/svg}"
SPAN = WIDTH - 2 * MARGIN
LANGUAGE = SAMPLES["language_model"]

samples = pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)


def cells(text: str) -> dict[str, Any]:
    """The cells by the scope that their titles begin with."""
    found = {}
    for rect in ElementTree.fromstring(text).iter(f"{SVG}rect"):
        title = rect.find(f"{SVG}title")
        if title is not None and title.text is not None:
            found[title.text.partition(":")[0]] = rect
    return found


@samples
def test_a_module_is_as_wide_as_its_weight(report):
    for weight in weights_of(report):
        found = cells(FORMATS["svg"](report, View(weight=weight.name, fold=False)))
        amounts = totals(report, weight)
        for scope, amount in amounts.items():
            width = SPAN * amount / amounts[""]
            if scope and width >= NARROWEST:
                assert float(found[scope].get("width")) == pytest.approx(width, abs=0.01)
            elif scope:
                assert scope not in found


def test_a_module_lies_below_the_one_that_it_is_in():
    found = cells(FORMATS["svg"](LANGUAGE, View(fold=False)))
    for scope, rect in found.items():
        above = found.get(scope.rpartition(".")[0] or "the model")
        if scope == "the model":
            continue
        left, width = float(rect.get("x")), float(rect.get("width"))
        assert float(rect.get("y")) == float(above.get("y")) + float(rect.get("height"))
        assert left >= float(above.get("x")) - 0.01
        assert left + width <= float(above.get("x")) + float(above.get("width")) + 0.02


def test_repeated_blocks_are_one_cell_as_wide_as_all_of_them():
    found = cells(FORMATS["svg"](LANGUAGE, View()))
    amounts = totals(LANGUAGE, WEIGHTS["flops"])
    for inside in ("", ".attention", ".up"):
        whole = sum(amounts[f"model.layers.{i}{inside}"] for i in range(12))
        scope = f"model.layers.0{inside}" if inside else "model.layers.0-11"
        width = float(found[scope].get("width"))
        assert width == pytest.approx(SPAN * whole / amounts[""], abs=0.01)


def test_the_total_is_in_sight_whatever_the_target_is_called():
    text = FORMATS["svg"](replace(LANGUAGE, target="hf:llama(" + "size=1, " * 50), View())
    (title,) = (e for e in ElementTree.fromstring(text).iter() if e.get("class") == "title")
    assert len(title.text) * 9.4 <= SPAN
    assert title.text.endswith(f": FLOPs {COUNT.text(LANGUAGE.flops)}")


def test_what_is_too_narrow_is_said():
    text = FORMATS["svg"](LANGUAGE, View(fold=False))
    amounts = totals(LANGUAGE, WEIGHTS["flops"])
    drawn = set(cells(text)) | {""}
    narrow = [scope for scope, amount in amounts.items() if amount and scope not in drawn]
    assert (
        f"{len(narrow)} modules too narrow to be drawn" in text if narrow else "narrow" not in text
    )


def test_the_depth_is_the_views():
    found = cells(FORMATS["svg"](LANGUAGE, View(depth=1)))
    assert set(found) == {"the model", "model", "head"}


def test_what_was_not_counted_stands_below():
    assert "mylib.selective_scan: 2 calls" in FORMATS["svg"](SAMPLES["incomplete"], View())


@pytest.mark.parametrize("name", ["</title><script>alert(1)</script>", "a&b", "x\x00y", "\ud800"])
def test_no_name_breaks_it(name):
    child = Node(ModuleSpec(name, name, calls=1, params=1), LANGUAGE.profile.root.own_cost)
    root = replace(LANGUAGE.profile.root, children=(child,))
    report = replace(
        LANGUAGE, target=name, profile=replace(LANGUAGE.profile, root=root), notes=(name,)
    )
    tree = ElementTree.fromstring(FORMATS["svg"](report, View(weight="params")))
    assert [element.tag for element in tree.iter(f"{SVG}script")] == []


@pytest.mark.parametrize("color", [*COLORS, OTHER, HOLDER])
def test_dark_text_on_every_colour_has_the_contrast_of_wcags_highest_level(color):
    def luminance(written: str) -> float:
        channels = [int(part, 16) / 255 for part in re.findall("..", written.lstrip("#"))]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ratio = (luminance(color) + 0.05) / (luminance("#14181d") + 0.05)
    assert ratio >= 7
