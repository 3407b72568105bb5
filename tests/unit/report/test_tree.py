"""The indented tree: levels by their indentation, figures as in the table."""

from __future__ import annotations

import re

import pytest

from flopscope.report import FORMATS, View
from flopscope.report.columns import columns_of
from flopscope.report.outline import outline
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several
from tests.unit.report.samples import SAMPLES

INCOMPLETE = SAMPLES["incomplete"]


@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_each_row_of_the_table_has_a_line_indented_by_its_level(report):
    lines = FORMATS["tree"](report, View()).splitlines()[1:]
    expected = outline(report, columns_of(report, View()), View())
    for line, row in zip(lines, expected, strict=False):
        indent = len(line) - len(line.lstrip())
        assert indent == 2 * len(row.guides) // 3
        assert line.lstrip().startswith(row.row.name)


def test_figures_are_those_of_the_table():
    text = FORMATS["tree"](SAMPLES["residual_block"], View())
    assert "\n  conv1: Conv2d, 2×384×32×32, Params 1.33 M, MACs 2.72 G, FLOPs 5.44 G, Time" in text
    assert "\n  shortcut: Identity, 2×384×32×32, Time 4.00 µs" in text


def test_what_was_not_counted_is_said():
    text = FORMATS["tree"](INCOMPLETE, View())
    assert "MACs ≥67.11 M" in text
    assert "coverage: mylib.selective_scan: 2 calls" in text


def test_ascii_is_ascii():
    assert FORMATS["tree"](INCOMPLETE, View(ascii=True)).isascii()


def test_the_columns_are_those_asked_for():
    text = FORMATS["tree"](SAMPLES["residual_block"], View(columns=("params",), depth=0))
    assert re.search(r"^ResidualBlock: Params 2.65 M$", text, re.MULTILINE)


def test_several_stand_below_each_other():
    failed = Failure("nets:Nett", "no 'Nett' in nets", "", 3)
    text = SEVERAL_FORMATS["tree"](Several(tuple(SAMPLES.values()), (failed,)), View())
    trees = text.split("\n\n")
    assert trees[:-1] == [FORMATS["tree"](report, View()) for report in SAMPLES.values()]
    assert trees[-1] == "nets:Nett: no 'Nett' in nets"
