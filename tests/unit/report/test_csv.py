"""Records between commas and tabs, read back by the standard library and held to the report."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from flopscope.records import ModuleSpec
from flopscope.report import FORMATS, View
from flopscope.report.columns import COLUMNS
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several
from flopscope.tree import Node
from tests.unit.report.samples import NOTHING, SAMPLES

DIALECTS = {"csv": csv.excel, "tsv": csv.excel_tab}
MEASURED, INCOMPLETE, ODD = (
    SAMPLES[name] for name in ("residual_block", "incomplete", "odd_modules")
)

samples = pytest.mark.parametrize("report", SAMPLES.values(), ids=SAMPLES)
formats = pytest.mark.parametrize("format_name", DIALECTS)


def read(text: str, format_name: str = "csv") -> dict[str, dict[str, str]]:
    """Records by what is in their first column."""
    records = list(csv.DictReader(io.StringIO(text), dialect=DIALECTS[format_name]))
    return {next(iter(record.values())): record for record in records}


@samples
@formats
def test_every_module_has_a_record_with_its_exact_figures(report, format_name):
    records = read(FORMATS[format_name](report, View()), format_name)

    assert list(records) == list(report.modules)
    for scope, node in report.modules.items():
        record = records[scope]
        assert record["type"] == node.spec.kind
        assert int(record["calls"]) == node.spec.calls
        assert int(record["params"]) == node.params
        assert int(record["macs"]) == node.cost.macs
        assert int(record["flops"]) == node.cost.flops
        assert int(record["bytes_moved"]) == node.cost.bytes_moved


@formats
def test_time_is_in_seconds_and_unknown_is_empty(format_name):
    records = read(FORMATS[format_name](MEASURED, View()), format_name)
    assert float(records["conv1"]["seconds"]) == 0.0181
    assert records["conv1"]["thop_macs"] == str(2 * 384 * 32 * 32 * 384 * 9)
    assert records["shortcut"]["thop_macs"] == ""
    assert "seconds" not in read(FORMATS[format_name](ODD, View()), format_name)[""]


def test_what_lacks_an_uncounted_operator_says_so():
    records = read(FORMATS["csv"](INCOMPLETE, View()))
    assert {scope for scope, record in records.items() if record["complete"] == "false"} == {
        *("", "blocks", "blocks.0", "blocks.1")
    }


def test_the_view_chooses_columns_levels_and_order():
    view = View(depth=1, columns=("macs", "params"), sort="macs")
    records = read(FORMATS["csv"](ODD, view))
    assert list(records[""]) == ["scope", "calls", "macs", "params", "complete"]
    children = list(records)[1:]
    assert children == sorted(children, key=lambda scope: -ODD.modules[scope].cost.macs)
    assert len(children) == len(ODD.profile.root.children)


def test_units_are_in_the_names_and_no_two_are_the_same():
    keys = [column.key for column in COLUMNS]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and key.replace("_", "").isalnum() for key in keys)


@formats
def test_names_with_separators_quotes_and_line_breaks_stay_one_field(format_name):
    name = 'a,b "c"\td\ne'
    child = Node(ModuleSpec(name, "Kind; x", calls=1), NOTHING)
    root = replace(ODD.profile.root, children=(child,))
    report = replace(ODD, profile=replace(ODD.profile, root=root))

    records = read(FORMATS[format_name](report, View()), format_name)

    assert len(records) == 2
    assert [record["type"] for record in records.values()] == ["VideoNet", "Kind; x"]


@formats
def test_several_reports_have_a_record_each_and_failures_one(format_name):
    several = Several((MEASURED, INCOMPLETE), (Failure("nets:Nett", "no 'Nett' in nets", "", 3),))
    records = read(SEVERAL_FORMATS[format_name](several, View()), format_name)

    assert list(records) == [MEASURED.target, INCOMPLETE.target, "nets:Nett"]
    assert int(records[MEASURED.target]["macs"]) == MEASURED.macs
    assert [record["complete"] for record in records.values()] == ["true", "false", ""]
    assert records["nets:Nett"]["failure"] == "no 'Nett' in nets"
    assert records["nets:Nett"]["macs"] == ""
