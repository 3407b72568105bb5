"""The page as its readers use it: with a mouse, a keyboard, a phone, or without scripts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from flopscope.analysis.ideal import Ideals
from flopscope.costs import Cost
from flopscope.machine import Machine
from flopscope.measurements import Bandwidth
from flopscope.records import ModuleSpec
from flopscope.report import Report, View
from flopscope.report.columns import columns_of
from flopscope.report.modules import modules_of
from flopscope.roofline import Ideal
from flopscope.tree import Node
from tests.browser.big import MODULES, big_report
from tests.unit.report.samples import SAMPLES

Open = Callable[..., Any]
PHONE = {"width": 390, "height": 844}

MEASURED, LANGUAGE, INCOMPLETE = (
    SAMPLES[name] for name in ("residual_block", "language_model", "incomplete")
)
MACHINE = Machine(
    "a machine",
    "given",
    {"float32": 1e12},
    (Bandwidth(1 << 15, 2e11), Bandwidth(1 << 30, 2e10)),
    1e-6,
)
LIMITED = replace(MEASURED, ideals=Ideals(MACHINE, "float32", {"conv1": Ideal(0.018, 0.018, 1)}))

HOSTILE = (
    "</script><script>window.taken=1</script>",
    "<img src=x onerror=window.taken=1>",
    "\"'><svg onload=window.taken=1>",
    "${window.taken=1}",
)

SINGLY = View(fold=False)

samples = pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
themes = pytest.mark.parametrize("theme", ["light", "dark"])


def crumbs(page: Any) -> list[str]:
    return list(page.locator("#crumbs button").all_inner_texts())


def cell(page: Any, scope: str) -> Any:
    """A module in the picture: its label begins with its path."""
    return page.locator(f'#icicle [aria-label^="{scope} ("]')


def names(page: Any) -> list[str]:
    return list(page.locator("#modules tbody th a").all_inner_texts())


def column(page: Any, title: str) -> list[str]:
    titles = page.locator("#modules thead th").all_inner_texts()
    at = titles.index(title) + 1
    return list(page.locator(f"#modules tbody tr > :nth-child({at})").all_inner_texts())


def hostile() -> Report:
    children = tuple(
        Node(ModuleSpec(name.replace(".", ""), name, calls=1, params=1), Cost(macs=10))
        for name in HOSTILE
    )
    profile = replace(LANGUAGE.profile, root=replace(LANGUAGE.profile.root, children=children))
    return replace(LANGUAGE, target=HOSTILE[0], profile=profile, notes=HOSTILE)


@samples
def test_the_first_page_of_the_table_is_the_reports_own(opened: Open, report: Report) -> None:
    page = opened(report)
    rows = list(modules_of(report, View()))[:100]
    for place, each in enumerate(columns_of(report, View())[1:], 2):  # titles may be the same
        shown = page.locator(f"#modules tbody tr > :nth-child({place})").all_inner_texts()
        assert shown == [each.cell(row, report) for row in rows]


def test_a_click_zooms_in_and_the_browsers_back_zooms_out(opened: Open) -> None:
    page = opened(LANGUAGE, SINGLY)
    cell(page, "model.layers.3").click()
    assert crumbs(page) == ["LanguageModel", "model", "layers", "3"]
    assert names(page) == [
        "3",
        "norm1",
        "attention",
        "query",
        "key",
        "value",
        "out",
        "norm2",
        "up",
        "down",
    ]
    cell(page, "model.layers.3.attention").click()
    assert crumbs(page)[-1] == "attention"

    page.go_back()
    assert crumbs(page)[-1] == "3"
    page.go_back()
    assert crumbs(page) == ["LanguageModel"]


def test_a_crumb_zooms_out_and_so_does_the_module_that_is_zoomed_to(opened: Open) -> None:
    page = opened(LANGUAGE, SINGLY)
    cell(page, "model.layers.3.up").click()
    page.locator("#crumbs button", has_text="layers").click()
    assert crumbs(page) == ["LanguageModel", "model", "layers"]
    cell(page, "model.layers").click()
    assert crumbs(page) == ["LanguageModel", "model"]


def test_an_address_opens_the_module_that_it_names(opened: Open) -> None:
    page = opened(LANGUAGE)
    address = f"{page.url}#/model.layers.7"
    page.goto("about:blank")
    page.goto(address)
    assert crumbs(page)[-1] == "7"


def test_the_picture_is_usable_by_keys_alone(opened: Open) -> None:
    page = opened(LANGUAGE, SINGLY)
    cell(page, "LanguageModel").focus()
    focused = "document.activeElement.getAttribute('aria-label')"
    for key, scope in (
        ("ArrowDown", "model"),
        ("ArrowDown", "model.layers"),
        ("ArrowDown", "model.layers.0"),
        ("ArrowRight", "model.layers.1"),
        ("ArrowRight", "model.layers.2"),
        ("ArrowLeft", "model.layers.1"),
    ):
        page.keyboard.press(key)
        assert page.evaluate(focused).startswith(f"{scope} (")
    page.keyboard.press("Enter")
    assert crumbs(page)[-1] == "1"
    assert page.evaluate(focused).startswith("model.layers.1 (")
    page.keyboard.press("Escape")
    assert crumbs(page)[-1] == "layers"
    page.keyboard.press("Home")
    assert crumbs(page) == ["LanguageModel"]


def test_what_is_searched_for_is_highlighted_and_alone_in_the_table(opened: Open) -> None:
    page = opened(LANGUAGE, SINGLY)
    page.keyboard.press("/")
    page.keyboard.type("Query")
    assert page.locator("#found").inner_text() == f"12 modules of {len(LANGUAGE.modules)}"
    assert names(page) == [f"model.layers.{i}.attention.query" for i in range(12)]
    assert set(page.locator("#modules mark").all_inner_texts()) == {"query"}
    hits = page.locator("#icicle .hit")
    assert hits.count() == 12
    assert cell(page, "head").evaluate("cell => cell.classList.contains('dim')")

    page.locator("#search").fill("")
    assert page.locator("#icicle .hit").count() == 0
    assert f"1 to 100 of {len(LANGUAGE.modules)}" in page.locator("#modules .pages").inner_text()
    page.locator("#modules button", has_text="Next").click()
    assert len(names(page)) == len(LANGUAGE.modules) - 100


def test_a_type_is_found_by_its_colour_in_the_legend(opened: Open) -> None:
    page = opened(LANGUAGE)
    page.locator("#legend button", has_text="LayerNorm").click()
    assert set(column(page, "Type")) == {"LayerNorm"}


def test_a_title_sorts_from_the_largest_down_then_up_then_not(opened: Open) -> None:
    page = opened(MEASURED)
    in_order = names(page)
    title = page.locator("#modules thead button", has_text=re.compile("^FLOPs$"))
    by_flops = sorted(MEASURED.modules.values(), key=lambda node: -node.cost.flops)
    title.click()
    assert names(page) == [node.scope or "ResidualBlock" for node in by_flops]
    assert page.locator('#modules [aria-sort="descending"]').inner_text() == "FLOPs"
    title.click()
    assert names(page)[-1] == "ResidualBlock"
    title.click()
    assert names(page) == in_order


def test_a_column_can_be_shown_and_left_out(opened: Open) -> None:
    page = opened(MEASURED)
    page.locator(".columns label", has_text="Moved").locator("input").check()
    assert column(page, "Moved")[1] == "11.06 MiB"
    page.locator(".columns label", has_text="Output").locator("input").uncheck()
    assert "Output" not in page.locator("#modules thead th").all_inner_texts()


def test_the_widths_are_those_of_the_weight_that_is_chosen(opened: Open) -> None:
    page = opened(MEASURED, View(weight="params"))
    assert page.locator("#weight").input_value() == "params"
    assert cell(page, "relu").count() == 0
    page.locator("#weight").select_option("time")
    whole = page.locator("#icicle").bounding_box()["width"]
    share = cell(page, "conv1").bounding_box()["width"] / whole
    assert share == pytest.approx(0.0181 / 0.0410, abs=0.01)


def test_repeated_blocks_are_one_as_wide_as_all_of_them(opened: Open) -> None:
    page = opened(LANGUAGE)
    whole = page.locator("#icicle").bounding_box()["width"]
    flops = [LANGUAGE.modules[f"model.layers.{i}"].cost.flops for i in range(12)]
    block = cell(page, "model.layers.0-11")
    assert block.inner_text() == "0-11 ×12"
    share = sum(flops) / LANGUAGE.flops
    assert block.bounding_box()["width"] / whole == pytest.approx(share, abs=0.01)
    assert f"{100 * share:.1f}%" in block.get_attribute("aria-label")
    cell(page, "model.layers.0.up").hover()
    shown = page.locator("#details").inner_text()
    assert "model.layers.0.up · Linear · one of 12 alike" in shown
    assert f"{LANGUAGE.modules['model.layers.0.up'].cost.flops:,}" in shown

    block.click()
    assert crumbs(page)[-1] == "0"
    assert "alike" not in page.locator("#details").inner_text()
    page.go_back()
    page.locator("#fold").uncheck()
    assert cell(page, "model.layers.11").count() == 1
    assert not opened(MEASURED).locator("#fold").is_visible()


def test_a_repeated_block_is_found_by_the_name_of_any_of_them(opened: Open) -> None:
    page = opened(LANGUAGE)
    page.locator("#search").fill("layers.7.up")
    assert page.locator("#icicle .hit").count() == 1
    assert "hit" in cell(page, "model.layers.0.up").get_attribute("class")
    assert "dim" not in cell(page, "model.layers.0-11").get_attribute("class")
    assert "dim" in cell(page, "model.layers.0.down").get_attribute("class")


def test_shapes_and_exact_figures_are_shown_of_what_is_pointed_at(opened: Open) -> None:
    page = opened(MEASURED)
    cell(page, "conv2").hover()
    shown = page.locator("#details").inner_text()
    assert "conv2 · Conv2d" in shown
    assert "2×384×32×32" in shown
    assert f"{MEASURED.modules['conv2'].cost.macs:,}" in shown


def test_what_was_not_counted_cannot_be_missed(opened: Open) -> None:
    page = opened(INCOMPLETE)
    warning = page.locator(".warning").first
    assert "mylib.selective_scan" in warning.inner_text()
    assert warning.bounding_box()["y"] < page.viewport_size["height"] / 2
    assert page.locator("#operators .uncounted").count() == 2


def test_a_roofline_is_drawn_where_time_and_limits_are_known(opened: Open) -> None:
    page = opened(LIMITED)
    points = page.locator("#plot circle")
    # The convolutions, the norms, the activation and the model's own addition.
    assert points.count() == 6
    assert page.locator("#plot .roof").count() == 2
    points.last.press("Enter")
    assert len(crumbs(page)) == 2
    assert not opened(MEASURED).locator("#roofline").is_visible()


def test_no_name_is_taken_for_markup_or_code(opened: Open) -> None:
    page = opened(hostile())
    assert page.evaluate("window.taken") is None
    assert page.locator("img").count() == 0
    assert page.locator("h1").inner_text() == HOSTILE[0]
    assert column(page, "Type")[1:] == list(HOSTILE)
    page.locator("#search").fill("<img")
    page.locator("#modules tbody a").first.click()
    assert page.evaluate("window.taken") is None


@themes
def test_the_theme_follows_the_system_and_can_be_chosen(opened: Open, theme: str) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    colors = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}
    page = opened(MEASURED, color_scheme=theme)
    assert page.evaluate(background) == colors[theme]
    for chosen in ("light", "dark"):
        page.locator("#theme").click()
        assert page.evaluate(background) == colors[chosen]


@samples
def test_a_phone_scrolls_the_page_only_down(opened: Open, report: Report) -> None:
    page = opened(report, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_phone_shows_figures_beside_the_names(opened: Open) -> None:
    page = opened(MEASURED, viewport=PHONE)
    frame = page.locator("#modules .scroll")
    right = frame.bounding_box()["x"] + frame.bounding_box()["width"]
    for title in ("Params", "MACs"):
        box = page.locator("#modules thead th", has_text=re.compile(f"^{title}$")).bounding_box()
        assert box["x"] + box["width"] <= right

    frame.evaluate("frame => { frame.scrollLeft = 200; }")
    title, name = (
        page.locator(f"#modules {row} > :first-child").first for row in ("thead tr", "tbody tr")
    )
    assert title.bounding_box()["x"] == name.bounding_box()["x"] >= 0
    assert title.inner_text() == "Module"


def test_without_scripts_everything_in_words_is_there(opened: Open) -> None:
    page = opened(INCOMPLETE, java_script_enabled=False)
    text = page.locator("body").inner_text()
    for said in ("67,108,864", "mylib.checksum", "half of the elements", "old checkpoint"):
        assert said in text
    assert "drawn by a script" in text


def test_more_rows_than_a_page_are_printed(opened: Open) -> None:
    page = opened(big_report())
    assert page.locator("#modules tbody tr").count() == 100
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#modules tbody tr").count() == 2000
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#modules tbody tr").count() == 100


def test_twenty_thousand_modules_are_not_waited_for(opened: Open) -> None:
    started = time.monotonic()
    page = opened(big_report(), SINGLY)
    assert f"{MODULES - 1:,} modules inside" in page.locator("#details").inner_text()
    loaded = time.monotonic()
    cell(page, "stage7").click()
    cell(page, "stage7.3").wait_for()
    zoomed = time.monotonic()

    # Some 0.5 s and 0.1 s on two cores; a busy machine takes longer.
    assert loaded - started < 10
    assert zoomed - loaded < 5


@themes
@pytest.mark.parametrize("report", [LIMITED, INCOMPLETE], ids=["measured", "incomplete"])
def test_axe_finds_nothing_amiss(opened: Open, report: Report, theme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(report, color_scheme=theme, bypass_csp=True)
    page.locator("#search").fill("conv")
    results = axe.run(page)
    assert results.violations_count == 0, results.generate_report()
