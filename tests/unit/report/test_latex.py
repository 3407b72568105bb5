"""Tables for LaTeX: as many cells in a row as columns, and nothing left that LaTeX would read."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from flopscope.records import ModuleSpec
from flopscope.report import FORMATS, View
from flopscope.report.columns import columns_of
from flopscope.report.latex import escaped
from flopscope.report.outline import outline
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several
from flopscope.tree import Node
from tests.unit.report.samples import NOTHING, SAMPLES

PRINTED = {
    **{rf"\{character}": character for character in "&%$#_{}"},
    r"$\times$": "×",
    r"$\geq$": "≥",
    r"$\mu$": "µ",
    r"$\cdot$": "·",
    r"\textless{}": "<",
}


def read(text: str) -> list[list[str]]:
    """The cells between the rules, as they are printed."""
    body = re.search(r"\\midrule\n(.*?)\\bottomrule", text, re.DOTALL)
    assert body
    rows = [re.split(r"(?<!\\) ?& ?", line.removesuffix(r" \\")) for line in body[1].splitlines()]
    return [[printed(cell) for cell in row] for row in rows]


def printed(cell: str) -> str:
    for written, shown in PRINTED.items():
        cell = cell.replace(written, shown)
    return cell.replace(r"\quad ", "")


@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_the_cells_are_those_of_the_table(report):
    columns = columns_of(report, View())
    expected = [
        [column.cell(line.row, report) for column in columns]
        for line in outline(report, columns, View())
    ]
    assert read(FORMATS["latex"](report, View())) == expected


@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_there_is_one_alignment_for_each_column(report):
    found = re.search(r"\\begin\{tabular\}\{@\{\}([lr]+)@\{\}\}", FORMATS["latex"](report, View()))
    assert found
    assert len(found[1]) == len(columns_of(report, View()))


def test_what_was_not_counted_stands_below_the_rows():
    below = FORMATS["latex"](SAMPLES["incomplete"], View()).partition(r"\bottomrule")[2]
    assert r"3 calls NOT counted" in below
    assert r"mylib.selective\_scan" in below


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b & 50% #1", r"a\_b \& 50\% \#1"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("$x^2$~", r"\$x\textasciicircum{}2\$\textasciitilde{}"),
        ("[1em]", "{[}1em]"),
    ],
)
def test_no_name_is_read_as_a_command(text, expected):
    assert escaped(text) == expected


def test_a_line_break_in_a_name_ends_no_comment():
    odd = SAMPLES["odd_modules"]
    child = Node(ModuleSpec("a\nb", "Linear", calls=1, params=1), NOTHING)
    root = replace(odd.profile.root, children=(child,))
    report = replace(odd, target="x\n\\evil", profile=replace(odd.profile, root=root))
    assert "\n\\evil" not in FORMATS["latex"](report, View())


def test_several_have_a_row_each():
    failed = Failure("nets:Nett", "no 'Nett' in nets", "", 3)
    text = SEVERAL_FORMATS["latex"](Several(tuple(SAMPLES.values()), (failed,)), View())
    assert [row[0] for row in read(text)] == [report.target for report in SAMPLES.values()]
    assert "nets:Nett" in text
