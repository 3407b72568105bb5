"""Rows as lines: their order and the strokes before them."""

from __future__ import annotations

import pytest

from flopscope.errors import UsageError
from flopscope.report import Report, View
from flopscope.report.columns import columns_of
from flopscope.report.outline import outline
from tests.unit.report.samples import SAMPLES


def lines(report: Report, view: View) -> list[str]:
    shown = outline(report, columns_of(report, view), view)
    return [line.guides + line.row.name for line in shown]


def test_strokes_join_each_row_to_the_one_it_is_part_of():
    assert lines(SAMPLES["language_model"], View(depth=2)) == [
        "LanguageModel",
        "├─ model",
        "│  ├─ tokens",
        "│  ├─ positions",
        "│  ├─ layers",
        "│  └─ (own)",
        "└─ head",
    ]


def test_siblings_are_sorted_by_the_figures_of_a_column_the_largest_first():
    assert lines(SAMPLES["odd_modules"], View(depth=1, sort="flops")) == [
        "VideoNet",
        "├─ recurrent",
        "├─ refine",
        "├─ encoder",
        "├─ loss",
        "└─ auxiliary_head",
    ]


def test_siblings_without_a_figure_come_last():
    assert lines(SAMPLES["residual_block"], View(sort="fvcore"))[-3:] == [
        "├─ relu",
        "├─ shortcut",
        "└─ (own)",
    ]


def test_siblings_are_sorted_by_a_text_in_alphabetical_order():
    assert lines(SAMPLES["odd_modules"], View(depth=1, sort="module"))[1:3] == [
        "├─ auxiliary_head",
        "├─ encoder",
    ]


def test_sorting_by_an_unknown_column_is_refused():
    with pytest.raises(UsageError):
        lines(SAMPLES["odd_modules"], View(sort="weight"))


def test_own_work_has_a_line_where_a_shown_column_needs_it_to_add_up():
    report = SAMPLES["language_model"]
    model = "│  └─ (own)"
    assert model in lines(report, View(depth=2, columns=("flops",)))
    assert model in lines(report, View(depth=2, columns=("bytes",)))
    assert model not in lines(report, View(depth=2, columns=("params",)))


def test_own_work_that_was_not_counted_has_a_line():
    assert "└─ (own)" in lines(SAMPLES["incomplete"], View(columns=("flops",)))
