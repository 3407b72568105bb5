"""Every format of every comparison, as whole texts."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import pytest

from flopscope.report import View
from flopscope.report.counters import COMPARISON_FORMATS, COMPARISON_SUFFIXES
from tests.unit.report.counters.samples import COMPARISONS

VIEWS = {
    "pipe": View(),
    "80": View(width=80, depth=2),
    "ascii": View(width=100, depth=1, ascii=True),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("sample", COMPARISONS)
def test_the_text_is_the_golden_one(sample, view, golden):
    golden(
        f"compare.{sample}.{view}.txt",
        COMPARISON_FORMATS["table"](COMPARISONS[sample], VIEWS[view]),
    )


@pytest.mark.parametrize("sample", COMPARISONS)
def test_the_markdown_is_the_golden_one(sample, golden):
    golden(
        f"compare.{sample}.md", COMPARISON_FORMATS["markdown"](COMPARISONS[sample], View(depth=1))
    )


@pytest.mark.parametrize("sample", COMPARISONS)
def test_the_json_is_the_golden_one(sample, golden):
    golden(f"compare.{sample}.json", COMPARISONS[sample].to_json())


@pytest.mark.parametrize("sample", COMPARISONS)
def test_the_text_is_as_narrow_as_is_asked(sample):
    text = COMPARISON_FORMATS["table"](COMPARISONS[sample], View(width=80, depth=2))
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("sample", COMPARISONS)
def test_ascii_is_ascii(sample):
    for render in COMPARISON_FORMATS.values():
        assert render(COMPARISONS[sample], View(ascii=True, depth=3)).isascii()


@pytest.mark.parametrize("sample", COMPARISONS)
def test_a_notebook_shows_the_text_in_lines_that_are_not_folded(sample):
    text = COMPARISON_FORMATS["table"](COMPARISONS[sample], View())
    assert (
        COMPARISONS[sample]._repr_html_() == f'<pre style="white-space: pre">{escape(text)}</pre>'
    )


def test_a_notebook_takes_no_name_for_markup():
    comparison = next(iter(COMPARISONS.values()))
    hostile = replace(comparison, report=replace(comparison.report, target="<script>alert(1)"))
    assert "<script" not in hostile._repr_html_()


def test_every_format_has_a_suffix():
    assert set(COMPARISON_SUFFIXES.values()) == set(COMPARISON_FORMATS)
