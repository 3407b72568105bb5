"""The page without a browser: well-formed, self-contained, and with the report's own figures."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from flopscope.costs import Cost
from flopscope.records import ModuleSpec
from flopscope.report import FORMATS, Report, View
from flopscope.report.columns import available_columns
from flopscope.report.html.data import page_data
from flopscope.report.notebook import MOST_ROWS
from flopscope.report.rows import Row
from flopscope.report.weights import weights_of
from flopscope.tree import Node
from tests.unit.report.samples import NOTHING, SAMPLES

VOID = {"meta", "link", "input", "br", "hr", "img"}
MEASURED, INCOMPLETE = SAMPLES["residual_block"], SAMPLES["incomplete"]
HOSTILE = "</script><img src=x onerror=alert(1)><!--"

samples = pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)


class Page(HTMLParser):
    """The elements of a page, each closed before the one that it is in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id") or tag))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            name = self.open[-1][1]
            self.texts[name] = self.texts.get(name, "") + data

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.seen]


def with_names(name: str) -> Report:
    """A report in which everything that can be named has one name."""
    child = Node(ModuleSpec(name.replace(".", ""), name, calls=1, params=1), Cost(macs=1))
    root = replace(INCOMPLETE.profile.root, children=(child,))
    uncounted = tuple(replace(entry, op=name) for entry in INCOMPLETE.uncounted)
    profile = replace(INCOMPLETE.profile, root=root, uncounted=uncounted)
    return replace(INCOMPLETE, target=name, profile=profile, notes=(name,), module=name)


def test_alike_blocks_are_told_by_the_first_of_them_and_their_number():
    report = SAMPLES["language_model"]
    data = page_data(report, "flops", fold=True)
    first = list(report.modules).index("model.layers.0")
    assert data["runs"] == [(first, 12)]


@samples
def test_the_page_is_well_formed_and_asks_for_nothing(report):
    text = FORMATS["html"](report, View())
    page = Page(text)
    assert page.tags.count("script") == 2
    sources = {key for _, attributes in page.seen for key in attributes} & {
        "src",
        "srcset",
        "action",
    }
    assert sources == set()
    links = [attributes["href"] for tag, attributes in page.seen if tag in {"a", "link"}]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


@samples
def test_the_policy_allows_the_pages_own_style_and_script_alone(report):
    page = Page(FORMATS["html"](report, View()))
    policy = next(a["content"] for tag, a in page.seen if a.get("http-equiv"))
    for name, element in (("style-src", "style"), ("script-src", "script")):
        digest = base64.b64encode(hashlib.sha256(page.texts[element].encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


@samples
def test_the_data_are_the_reports_figures(report):
    page = Page(FORMATS["html"](report, View()))
    data = json.loads(page.texts["data"])
    nodes = list(report.modules.values())
    assert data["scopes"] == list(report.modules)
    for column in data["columns"]:
        expected = next(each for each in available_columns(report) if each.name == column["name"])
        values = [expected.value(Row(node.name, (node,)), report) for node in nodes]
        if "words" in column:
            values = [value or "" for value in values]
            assert [column["words"][place] for place in column["values"]] == values
        else:
            for found, value in zip(column["values"], values, strict=True):
                assert found == (value if value is None else pytest.approx(value, rel=1e-6))
    for written, weight in zip(data["weights"], weights_of(report), strict=True):
        assert written["own"] == [weight.own(node, report) for node in nodes]


@samples
def test_each_module_is_inside_the_one_that_its_path_says(report):
    data = page_data(report, "flops", fold=True)
    for scope, parent in zip(data["scopes"][1:], data["parents"][1:], strict=True):
        assert data["scopes"][parent] == scope.rpartition(".")[0]


def test_what_was_not_counted_is_said_before_the_picture():
    before, _, _ = FORMATS["html"](INCOMPLETE, View()).partition('id="icicle"')
    assert "mylib.selective_scan" in before
    assert "4 assumptions" in before


def test_assumptions_and_notes_are_in_sight():
    facts = (
        FORMATS["html"](INCOMPLETE, View()).partition('class="facts"')[2].partition("<script")[0]
    )
    assert "half of the elements" in facts
    assert "UserWarning: old checkpoint" in facts


def named(text: str) -> Any:
    return json.loads(Page(text).texts["data"])


def test_no_name_ends_the_data_or_begins_an_element():
    text = FORMATS["html"](with_names(HOSTILE), View())
    page = Page(text)
    assert (page.tags.count("img"), page.tags.count("script")) == (0, 2)
    assert named(text)["columns"][0]["words"] == ["ScanNet", HOSTILE]


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "$style", "${data}", "\u2028"])
def test_an_odd_name_is_only_a_name(name):
    text = FORMATS["html"](with_names(name), View())
    text.encode()
    Page(text)


def test_a_page_of_a_small_report_is_small():
    assert len(FORMATS["html"](MEASURED, View()).encode()) < 60_000


@samples
def test_a_notebook_shows_a_table_without_scripts_or_styles(report, golden, request):
    text = report._repr_html_()
    page = Page(text)
    assert {"script", "style", "iframe"}.isdisjoint(page.tags)
    assert page.tags.count("tr") <= MOST_ROWS + 1
    golden(f"notebook.{request.node.callspec.id}.html", text)


def test_a_notebook_says_what_was_not_counted_and_what_is_left_out():
    assert "mylib.selective_scan" in INCOMPLETE._repr_html_().partition("<table")[0]
    children = tuple(
        Node(ModuleSpec(f"b{i}_", "Block", calls=1, params=1), NOTHING) for i in range(100)
    )
    root = replace(MEASURED.profile.root, children=children)
    many = replace(MEASURED, profile=replace(MEASURED.profile, root=root))
    # The model, its 100 blocks and what it does itself.
    assert f"Left out: {1 + 100 + 1 - MOST_ROWS} rows" in many._repr_html_()


def test_a_notebook_takes_no_name_for_markup():
    page = Page(with_names(HOSTILE)._repr_html_())
    assert {"img", "script"}.isdisjoint(page.tags)
