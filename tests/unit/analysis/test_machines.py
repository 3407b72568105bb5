"""Which reports are of the same model, whatever the files that they are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopscope.analysis.machines import Machines, machines_of
from flopscope.errors import UsageError
from flopscope.report.written import read_machines
from tests.unit.report.machine_reports import Object, report, write


def beside(folder: Path, **documents: Object) -> Machines:
    return machines_of(read_machines(write(folder, **documents)))


def several(*reports: Object) -> Object:
    return {"schema": "flopscope.reports/1", "reports": list(reports), "failures": []}


def on(batch: int) -> list[Object]:
    return [{"name": "0", "shape": [batch, 3], "dtype": "float32"}]


def names(machines: Machines) -> list[list[str]]:
    return [[each.name for each in model.reports] for model in machines.models]


def other_model(machine: str, target: str) -> Object:
    document = report(machine, target=target)
    document["modules"][0]["type"] = target
    return document


def test_the_first_file_is_what_the_others_are_held_against(tmp_path: Path) -> None:
    machines = beside(tmp_path, a=report("a"), b=report("b"), c=report("b"))

    assert names(machines) == [["a", "b", "c"]]
    assert [each.base.name for each in machines.models[0].comparisons] == ["a", "a"]


def test_a_model_of_several_is_found_by_its_input(tmp_path: Path) -> None:
    one = several(*(report("a", inputs=on(batch)) for batch in (1, 8)))
    other = several(*(report("b", inputs=on(batch)) for batch in (8, 1)))
    machines = beside(tmp_path, a=one, b=other)

    inputs = [[each.inputs for each in model.reports] for model in machines.models]
    assert [pair[0] for pair in inputs] == [pair[1] for pair in inputs]
    assert machines.alone == ()


def test_another_input_is_compared_where_no_other_could_be_meant(tmp_path: Path) -> None:
    machines = beside(tmp_path, a=report("a", inputs=on(1)), b=report("b", inputs=on(8)))

    assert names(machines) == [["a", "b"]]


def test_of_several_inputs_the_ones_without_a_counterpart_stay_alone(tmp_path: Path) -> None:
    one = several(*(report("a", inputs=on(batch)) for batch in (1, 8)))
    machines = beside(tmp_path, a=one, b=report("b", inputs=on(8)))

    assert names(machines) == [["a", "b"]]
    assert [each.inputs[0][1] for each in machines.alone] == [(1, 3)]


def test_a_model_that_is_built_alike_is_the_same_under_another_path(tmp_path: Path) -> None:
    machines = beside(tmp_path, a=report("a"), b=report("b", target="/elsewhere/nets.py:Net"))

    assert names(machines) == [["a", "b"]]


def test_a_model_that_the_first_file_lacks_is_compared_among_the_others(tmp_path: Path) -> None:
    both = several(report("b"), other_model("b", "Big"))
    machines = beside(tmp_path, a=report("a"), b=both, c=other_model("b", "Big"))

    assert names(machines) == [["a", "b"], ["b", "c"]]
    assert [model.absent for model in machines.models] == [("c",), ("a",)]


def test_no_model_in_two_files_is_an_error_that_says_what_each_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model is in two of the files") as caught:
        beside(tmp_path, a=report("a"), b=other_model("b", "Big"))

    assert caught.value.hint == "a has nets:Net; b has Big"
