"""Several reports in one table, and in one document."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from flopscope.errors import UsageError
from flopscope.measure.variants import VARIANTS
from flopscope.measurements import COMPILED, CUDA_GRAPH, Timing, Variant
from flopscope.report import FORMATS, View
from flopscope.report.columns import COLUMNS
from flopscope.report.rows import row_of
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several, require_for_several
from tests.unit.report.samples import SAMPLES

BOTH = Several(
    (SAMPLES["residual_block"], SAMPLES["incomplete"]),
    (Failure("nets:Nett", "no 'Nett' in nets", "did you mean 'Net'?", 3),),
)


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_format_shows_several_reports_or_says_that_it_shows_one(format_name):
    if format_name in SEVERAL_FORMATS:
        require_for_several(format_name)
        assert SEVERAL_FORMATS[format_name](Several((MEASURED, MEASURED)), View())
    else:
        with pytest.raises(UsageError, match=f"{format_name} shows one model"):
            require_for_several(format_name)


def test_every_format_of_several_is_one_of_a_report():
    assert set(SEVERAL_FORMATS) < set(FORMATS)


def test_the_table_has_a_line_for_each_and_says_what_failed(golden):
    golden("several.txt", SEVERAL_FORMATS["table"](BOTH, View()))
    golden("several.80.txt", SEVERAL_FORMATS["table"](BOTH, View(width=80, ascii=True)))


MEASURED = BOTH.reports[0]
STEADY = tuple(40e-3 + 1e-4 * run for run in range(25))
"""The 7th and the 18th, within which the median is, are 1.1 ms apart: half is 1.3% of 41.2 ms."""

WAYS = (
    (
        "net:Net(compiled)",
        Timing(
            "cuda:0",
            "a card",
            1,
            STEADY,
            samples=1,
            variants=(Variant(COMPILED, (0.02,), 12.0), Variant(CUDA_GRAPH, (0.01,), 0.5)),
        ),
    ),
    (
        "net:Net(captured)",
        Timing(
            "cuda:0", "a card", 1, (0.05,), samples=8, variants=(Variant(CUDA_GRAPH, (0.03,), 0.5),)
        ),
    ),
    ("net:Net(plain)", None),
)


def in_ways():
    reports = (replace(MEASURED, target=name, timing=timing) for name, timing in WAYS)
    return Several(tuple(reports))


def test_other_ways_to_run_and_what_a_median_is_worth_have_columns_where_one_has_them(golden):
    golden("several_ways.txt", SEVERAL_FORMATS["table"](in_ways(), View()))
    golden("several_ways.ascii.txt", SEVERAL_FORMATS["table"](in_ways(), View(ascii=True)))
    assert "CUDA graph" not in SEVERAL_FORMATS["table"](BOTH, View())


def test_every_way_to_run_a_model_has_a_column():
    figures = [
        column.value(row_of(report.profile.root, View()), report)
        for report in in_ways().reports[:1]
        for column in COLUMNS
        if column.of_models
    ]
    assert {0.02, 0.01} <= set(figures)
    assert len(VARIANTS) == len(WAYS[0][1].variants)


def test_the_lines_are_sorted_by_a_column():
    shown = SEVERAL_FORMATS["table"](BOTH, View(sort="params", columns=("params",)))
    in_order = sorted(BOTH.reports, key=lambda report: -report.params)

    places = [shown.index(report.target) for report in in_order]
    assert places == sorted(places)


def test_the_document_holds_each_report_as_it_is_alone():
    document = json.loads(SEVERAL_FORMATS["json"](BOTH, View()))

    assert document["schema"] == "flopscope.reports/1"
    assert document["reports"] == [report.to_dict() for report in BOTH.reports]
    assert document["failures"] == [
        {
            "target": "nets:Nett",
            "message": "no 'Nett' in nets",
            "hint": "did you mean 'Net'?",
            "exit_code": 3,
        }
    ]
