"""``flopscope machines``: what ``flopscope profile`` wrote on two machines, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.unit.report.machine_reports import report, write

Run = Callable[..., Result]


@pytest.fixture
def both(project: Path) -> None:
    write(project, a=report("a"), b=report("b"))


def test_two_reports_are_put_side_by_side(run: Run, both: None) -> None:
    done = run("machines", "a.json", "b.json")

    assert done.exit_code == 0, done.stderr
    assert "3.33x as fast as a" in done.stdout
    assert "Conv2d" in done.stdout


def test_what_profile_writes_is_what_machines_reads(run: Run) -> None:
    for name in ("x", "y"):
        profile = ("profile", "nets:Net", "--shape", "1,3,8,8", "--device", "cpu")
        assert run(*profile, "-o", f"{name}.json").exit_code == 0
    done = run("machines", "x.json", "y.json")

    assert done.exit_code == 0, done.stderr
    assert "y vs x" in done.stdout
    assert "NOT the same work" not in done.stdout


def test_the_depth_is_that_of_the_rows(run: Run, both: None) -> None:
    assert "\n  act " in run("machines", "a.json", "b.json").stdout
    assert "\n  act " not in run("machines", "a.json", "b.json", "--depth", "0").stdout


def test_json_is_the_only_thing_on_standard_output(run: Run, both: None) -> None:
    done = run("machines", "a.json", "b.json", "--format", "json")

    assert json.loads(done.stdout)["schema"] == "flopscope.machines/1"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        ([], 2, "it takes two reports"),
        (["a.json"], 2, "it takes two reports"),
        (["a.json", "a.json"], 2, "named twice"),
        (["a.json", "other.json"], 2, "no model is in two of the files"),
        (["a.json", "gone.json"], 3, "cannot read gone.json"),
        (["a.json", "nets.py"], 3, "nets.py is not JSON"),
        (["a.json", "newer.json"], 3, "schema flopscope.report/9"),
    ],
)
def test_what_cannot_be_compared_is_one_line_and_a_hint(
    arguments: list[str], exit_code: int, message: str, run: Run, project: Path, both: None
) -> None:
    (project / "newer.json").write_text('{"schema": "flopscope.report/9"}')
    write(project, other=report("b", target="nets:Big", modules=report("b")["modules"][:1]))
    done = run("machines", *arguments)

    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert message in done.stderr
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["Error", "Hint"]
