"""Reports read back from their files, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flopscope.errors import InputError, UsageError
from flopscope.report import View
from flopscope.report.several import SEVERAL_FORMATS, Failure, Several
from flopscope.report.written import read_machines
from tests.unit.report.machine_reports import report, write
from tests.unit.report.samples import SAMPLES


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_is_written_is_read_back(sample: str, tmp_path: Path) -> None:
    written = SAMPLES[sample]
    path = tmp_path / "report.json"
    written.save(path)
    ((read,),) = (machine.reports for machine in read_machines([path]))

    assert (read.name, read.target) == ("report", written.target)
    assert read.model.counts.cost == written.profile.root.cost
    assert [layer.scope for layer in read.layers] == list(written.modules)
    assert (read.run is None) == (written.timing is None)


def test_several_reports_and_failures_are_read_from_one_file(tmp_path: Path) -> None:
    several = Several(tuple(SAMPLES.values()), (Failure("nets:Gone", "no 'Gone'", "", 3),))
    path = tmp_path / "reports.json"
    path.write_text(SEVERAL_FORMATS["json"](several, View()), encoding="utf-8")
    (machine,) = read_machines([path])

    assert [each.target for each in machine.reports] == [each.target for each in several.reports]
    assert machine.failures == (("nets:Gone", "no 'Gone'"),)


def test_operators_that_neither_compute_nor_move_are_not_started(tmp_path: Path) -> None:
    (machine,) = read_machines(write(tmp_path, a=report("a")))

    assert machine.reports[0].operator_calls == 1 + 1


def test_files_of_the_same_name_are_called_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    paths = [*write(tmp_path, a=report("a")), *write(tmp_path / "x", a=report("b"))]

    assert [machine.name for machine in read_machines(paths)] == [str(path) for path in paths]


def test_a_file_that_is_named_twice_is_an_error(tmp_path: Path) -> None:
    (path,) = write(tmp_path, a=report("a"))

    with pytest.raises(UsageError, match="named twice"):
        read_machines([path, path])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "is no report of flopscope"),
        ('{"schema": "other/1"}', "is no report of flopscope"),
        ('{"schema": "flopscope.report/2"}', "is of schema flopscope.report/2, and this flopscope"),
        ('{"schema": "flopscope.report/1"}', "is no whole report: it lacks 'environment'"),
        (json.dumps(report("a", modules=[])), "is no whole report: the model is not the first"),
        (
            json.dumps(report("a", limits={**report("a")["limits"], "flops_per_second": "fast"})),
            "'fast' stands where a number belongs",
        ),
    ],
)
def test_a_file_that_is_no_report_of_this_version_is_an_error(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError) as caught:
        read_machines([path])
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_is_not_text_is_not_json(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError, match="is not JSON"):
        read_machines([path])


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_machines([tmp_path / "gone.json"])
