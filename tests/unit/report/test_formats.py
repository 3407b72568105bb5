"""Formats against their documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flopscope.errors import UsageError
from flopscope.report import View
from flopscope.report.formats import FORMATS, SUFFIXES, TIMED, format_of
from flopscope.report.several import SEVERAL_FORMATS
from flopscope.report.weights import WEIGHTS
from tests.unit.report.samples import SAMPLES

TEXT = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading's row."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|:]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[1].splitlines()]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("sample", ["residual_block", "incomplete"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_every_format_can_be_written_in_ascii(format_name, sample):
    if sample == "incomplete" and format_name in TIMED:
        pytest.skip("a format of time, of a report without")
    assert FORMATS[format_name](SAMPLES[sample], View(ascii=True)).isascii()


def test_every_format_is_documented_with_its_suffixes():
    documented = {name: names(cells[1]) for cells in rows("format") for name in names(cells[0])}
    assert set(documented) == set(FORMATS)
    assert all(suffix in documented[name] for suffix, name in SUFFIXES.items())


def test_which_formats_show_several_is_documented():
    refusing = {names(cells[0])[0] for cells in rows("format") if cells[-1] == "refused"}
    assert refusing == set(FORMATS) - set(SEVERAL_FORMATS)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("page.htm", "did you mean '.html'? Else end it in"),
        ("report.JSN", "did you mean '.json'?"),
        ("report.xyz", "end it in .txt, .tree"),
        ("report", "end it in .txt"),
        ("-", "standard output is what --format is for"),
    ],
)
def test_a_suffix_of_no_format_is_answered_with_the_one_that_was_meant(name, hint):
    with pytest.raises(UsageError) as raised:
        format_of(name)
    assert raised.value.hint.startswith(hint)


def test_every_weight_is_documented():
    assert {name for cells in rows("weight") for name in names(cells[0])} == set(WEIGHTS)
