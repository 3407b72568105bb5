"""Markdown for comments: the table's figures, of a size that fits, with nothing said in silence."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from flopscope.records import Assumption, ModuleSpec
from flopscope.report import FORMATS, Report, View
from flopscope.report.columns import columns_of
from flopscope.report.markdown import MOST_BYTES
from flopscope.report.markdown import MOST_ROWS as ROWS
from flopscope.report.markdown_text import plain
from flopscope.report.outline import outline
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several
from flopscope.tree import Node
from tests.unit.report.samples import NOTHING, SAMPLES

MOST_ROWS = ROWS[0]
INCOMPLETE, ODD = SAMPLES["incomplete"], SAMPLES["odd_modules"]


def tables(text: str) -> list[list[list[str]]]:
    """The cells of each table's rows, without the heading, as they are shown."""
    found = []
    for block in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        rows = [line[2:-2].split(" | ") for line in block.splitlines()[2:]]
        found.append([[shown(cell) for cell in row] for row in rows])
    return found


def shown(cell: str) -> str:
    return html.unescape(re.sub(r"</?code>", "", cell)).replace("\xa0", " ")


def with_children(report: Report, *children: Node) -> Report:
    root = replace(report.profile.root, children=children)
    return replace(report, profile=replace(report.profile, root=root))


def holding(scope: str, *children: Node) -> Node:
    return Node(ModuleSpec(scope, "Block", calls=1, params=1), NOTHING, children)


@pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
def test_the_cells_are_those_of_the_table(report):
    columns = columns_of(report, View())
    lines = outline(report, columns, View())
    modules, operators = tables(FORMATS["markdown"](report, View()))
    assert [row[1:] for row in modules] == [
        [column.cell(line.row, report) for column in columns[1:]] for line in lines
    ]
    assert [row[0] for row in operators] == [total.op for total in report.operators]


def test_what_was_not_counted_is_in_a_box_that_is_not_folded():
    text = FORMATS["markdown"](INCOMPLETE, View())
    box = text.partition("<details>")[0]
    assert "> [!WARNING]\n> **coverage**: 3 calls NOT counted" in box
    assert "mylib.selective&#95;scan" in box


def test_details_are_folded():
    text = FORMATS["markdown"](INCOMPLETE, View())
    assert text.count("<details>") == text.count("</details>") == 2
    assert "half of the elements" in text.partition("</details>")[2]


@pytest.mark.parametrize(
    "text",
    [
        "a|b",
        "<img src=x onerror=alert(1)>",
        "[x](http://a)",
        "**b**",
        "`c`",
        "@someone",
        "#12",
        ":+1:",
    ],
)
def test_nothing_is_taken_for_markup(text):
    written = plain(text)
    assert shown(written) == text
    without_references = re.sub(r"&#\d+;|<code>[@#]</code>", "", written)
    assert not re.search(r"[|<>*`@#\[\]]|://|:\w+:", without_references)


def test_levels_that_would_make_it_too_long_are_left_out_and_that_is_said():
    blocks = [holding(f"b{i}", *(holding(f"b{i}.c{j}") for j in range(i + 1))) for i in range(20)]
    text = FORMATS["markdown"](with_children(ODD, *blocks), View(fold=False))
    (modules, _) = tables(text)
    # The model, its 20 blocks and its own row; the 1 + 2 + ... + 20 in them are left out.
    assert len(modules) <= MOST_ROWS
    assert "b19" in modules[-1][0] or "b19" in modules[-2][0]
    assert "below level 1;" in text


def test_a_level_of_too_many_rows_ends_and_that_is_said():
    text = FORMATS["markdown"](
        with_children(ODD, *(holding(f"b{i}_{i * i}x") for i in range(500))), View()
    )
    (modules, _) = tables(text)
    assert len(modules) == MOST_ROWS
    # The model itself and 500 modules.
    assert f"Left out: {1 + 500 - MOST_ROWS} rows;" in text


def test_it_is_never_longer_than_a_comment_may_be():
    long = "x" * 5_000
    report = replace(
        with_children(ODD, *(holding(f"{long}{i}_") for i in range(300))),
        target=long,
        notes=tuple(f"{long} {number}" for number in range(300)),
        assumptions=tuple(Assumption(long, long, "", f"{long}{i}") for i in range(300)),
    )
    for view in (View(), View(columns=tuple(c.name for c in columns_of(ODD, View())) * 5)):
        text = FORMATS["markdown"](report, view)
        assert len(text.encode()) + 1 <= MOST_BYTES
        assert tables(text)
    named = (replace(report, target=f"{long}{i}", notes=(long,)) for i in range(200))
    several = Several(tuple(named))
    assert len(SEVERAL_FORMATS["markdown"](several, View()).encode()) + 1 <= MOST_BYTES


def test_several_have_a_row_each_and_what_failed_is_in_sight():
    failed = Failure("nets:Nett", "no 'Nett' in nets", "", 3)
    text = SEVERAL_FORMATS["markdown"](Several(tuple(SAMPLES.values()), (failed,)), View())
    (models,) = tables(text)
    assert [row[0] for row in models] == [report.target for report in SAMPLES.values()]
    assert "**failed**: nets&#58;Nett: no 'Nett' in nets" in text.partition("<details>")[0]
