"""Several reports in one table, and in one document."""

from __future__ import annotations

import json

from flopscope.report import FORMATS, View
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several
from tests.unit.report.samples import SAMPLES

BOTH = Several(
    (SAMPLES["residual_block"], SAMPLES["incomplete"]),
    (Failure("nets:Nett", "no 'Nett' in nets", "did you mean 'Net'?", 3),),
)


def test_every_format_of_one_report_is_one_of_several():
    assert set(SEVERAL_FORMATS) == set(FORMATS)


def test_the_table_has_a_line_for_each_and_says_what_failed(golden):
    golden("several.txt", SEVERAL_FORMATS["table"](BOTH, View()))
    golden("several.80.txt", SEVERAL_FORMATS["table"](BOTH, View(width=80, ascii=True)))


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
