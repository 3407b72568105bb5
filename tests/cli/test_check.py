"""``flopscope check`` and ``merge``: budgets, their baseline, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result

Run = Callable[..., Result]

MACS = 8 * 6 * 6 * (3 * 3 * 3)
"""Of ``nets:Net`` on an image of 3x8x8."""

BUDGET = """
[tool.flopscope.budgets.net]
target = "nets:Net"
shape = "1,3,8,8"
"""


@pytest.fixture
def budgets(project: Path) -> Callable[..., None]:
    def write(*lines: str) -> None:
        (project / "pyproject.toml").write_text(BUDGET + "\n".join(lines))

    return write


def test_a_budget_that_is_kept_ends_with_0(run: Run, budgets: Callable[..., None]) -> None:
    budgets(f"macs = {MACS}", 'memory = "1 GiB"')
    done = run("check")

    assert done.exit_code == 0, done.stderr
    assert "pass  net" in done.stdout
    assert "1 budget kept" in done.stdout


def test_a_broken_budget_ends_with_1_and_names_the_module(
    run: Run, budgets: Callable[..., None]
) -> None:
    budgets(f"macs = {MACS - 1}")
    done = run("check")

    assert done.exit_code == 1
    assert f"MACs {MACS:,} exceeds {MACS - 1:,}" in done.stdout.replace(" k", "")
    assert "conv" in done.stdout
    assert "over budget: net" in done.stderr


def test_growth_is_measured_from_the_baseline_that_was_written(
    run: Run, budgets: Callable[..., None], project: Path
) -> None:
    budgets('growth = "1%"')
    assert "no baseline" in run("check").stdout
    assert run("check", "--update-baseline").exit_code == 0
    assert run("check").exit_code == 0

    budgets('growth = "1%"', "arg = {planes = 4}", 'shape_of = "x"')
    assert run("check").exit_code == 3
    (project / "pyproject.toml").write_text(
        BUDGET.replace("1,3,8,8", "1,4,8,8") + 'arg = {planes = 4}\ngrowth = "1%"'
    )
    done = run("check")
    assert done.exit_code == 1
    assert "+33.3% against the baseline" in done.stdout


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('macs = "4.2G"\nmemry = "1 GiB"', "did you mean 'memory'?"),
        ('macs = "lots"', "'lots' is not a number"),
        ('growth = "a bit"', "is not a percentage"),
        ("", "limits nothing"),
        ('batch = "some"\nmacs = 1', "batch cannot be 'some'"),
        ("batch = 0\nmacs = 1", "batch cannot be 0"),
        ('strict = "no"\nmacs = 1', "strict cannot be 'no'"),
        ("macs = nan", "macs cannot be nan"),
        ("macs = inf", "macs cannot be inf"),
        ("params = -5", "params cannot be -5"),
        ("growth = 0.01", "'0.01' is not a percentage"),
        ('growth = "nan%"', "'nan%' is not a percentage"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    run: Run, budgets: Callable[..., None], lines: str, said: str
) -> None:
    budgets(lines)
    done = run("check")

    assert done.exit_code == 3
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("[", "is not JSON"),
        ("{}", "is no baseline of this flopscope"),
        ('{"schema": "flopscope.baseline/2"}', "is of schema flopscope.baseline/2"),
        ('{"schema": "flopscope.baseline/1"}', "lacks 'reports'"),
        ('{"schema": "flopscope.baseline/1", "reports": 1}', "is no whole baseline"),
        ('{"schema": "flopscope.baseline/1", "reports": {"net": {}}}', "is no whole baseline"),
    ],
)
def test_a_baseline_that_is_damaged_is_one_line(
    run: Run, budgets: Callable[..., None], project: Path, document: str, said: str
) -> None:
    budgets('growth = "1%"')
    (project / "flopscope-baseline.json").write_text(document)
    done = run("check")

    assert done.exit_code == 3
    assert said in done.stderr
    assert "write it anew" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_file_that_is_no_toml_is_one_line(run: Run, project: Path) -> None:
    (project / "flopscope.toml").write_text("[budgets")
    done = run("check")

    assert done.exit_code == 3
    assert "is not TOML" in done.stderr


def test_without_budgets_an_example_is_given(run: Run) -> None:
    done = run("check")

    assert done.exit_code == 3
    assert "[tool.flopscope.budgets.NAME]" in done.stderr


def test_a_model_that_is_gone_fails_and_the_others_are_checked(
    run: Run, project: Path, budgets: Callable[..., None]
) -> None:
    budgets("params = 216", '[tool.flopscope.budgets.gone]\ntarget = "nets:Nett"\nparams = 1')
    done = run("check", "-o", "junit.xml")

    assert done.exit_code == 3
    assert "pass  net" in done.stdout
    assert "no 'Nett' in nets" in done.stdout
    suite = ElementTree.parse(project / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "1")


def test_parts_of_a_matrix_are_merged_to_the_whole(run: Run, budgets: Callable[..., None]) -> None:
    budgets(
        "params = 216",
        '[tool.flopscope.budgets.dear]\ntarget = "nets:Net"\nshape="1,3,8,8"\nmacs = 1',
    )
    assert run("check", "--shard", "1/2", "-o", "one.json").exit_code == 0
    assert run("check", "--shard", "2/2", "-o", "two.json").exit_code == 1
    done = run("merge", "one.json", "two.json")

    assert done.exit_code == 1
    assert "1 budget kept, 1 broken" in done.stdout


@pytest.mark.parametrize("verdicts", ["3", "[1]", '[{"name": "net"}]'])
def test_verdicts_that_are_damaged_are_one_line(run: Run, project: Path, verdicts: str) -> None:
    text = f'{{"schema": "flopscope.verdicts/1", "verdicts": {verdicts}}}'
    (project / "one.json").write_text(text)
    done = run("merge", "one.json")

    assert done.exit_code == 3
    assert "one.json is no whole file of verdicts" in done.stderr
    assert "flopscope check --format json writes them" in done.stderr


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{"schema": "flopscope.verdicts/2"}', "one.json is of schema flopscope.verdicts/2"),
        ('{"schema": "flopscope.report/1"}', "one.json holds no verdicts of this flopscope"),
        ('{"schema": "flopscope.verdicts/1", "verdicts": []}', "none of these files holds a"),
        ("", "one.json is not JSON"),
    ],
)
def test_what_cannot_be_merged_is_one_line(
    run: Run, project: Path, document: str, said: str
) -> None:
    (project / "one.json").write_text(document)
    done = run("merge", "one.json")

    assert done.exit_code == 3
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_an_option_that_the_command_line_would_refuse_is_a_model_that_fails(
    run: Run, budgets: Callable[..., None]
) -> None:
    budgets("macs = 1", 'arg = "three"')
    done = run("check")

    assert done.exit_code == 3
    assert "does not name an argument" in done.stderr


def test_another_baseline_can_be_named(
    run: Run, budgets: Callable[..., None], project: Path
) -> None:
    budgets('growth = "1%"')
    assert run("check", "--update-baseline", "--baseline", "other.json").exit_code == 0
    assert not (project / "flopscope-baseline.json").exists()
    assert "no baseline" in run("check").stdout
    assert "against the baseline" in run("check", "--baseline", "other.json").stdout


@pytest.mark.parametrize(("macs", "code", "last"), [(MACS, 1, "write there?"), (1, 1, "baseline")])
def test_a_summary_that_cannot_be_written_is_said_beside_the_verdict(
    run: Run,
    budgets: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    macs: int,
    code: int,
    last: str,
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "missing/summary.md")
    budgets(f"macs = {macs}")
    done = run("check")

    assert done.exit_code == code
    assert "1 budget kept" in done.stdout or "1 broken" in done.stdout
    assert "Error: cannot write missing/summary.md: No such file or directory" in done.stderr
    assert done.stderr.strip().endswith(last)


def test_on_github_a_file_is_marked_by_its_place_in_the_repository(
    run: Run, budgets: Callable[..., None], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    budgets("macs = 1")

    assert f"::error file={project.name}/pyproject.toml,title=" in run("check").stderr


def test_on_github_the_summary_is_written_and_the_file_marked(
    run: Run, budgets: Callable[..., None], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    budgets("macs = 1")
    done = run("check", "--format", "json")

    assert json.loads(done.stdout)["kept"] is False
    assert "::error file=pyproject.toml,title=flopscope%3A net::" in done.stderr
    assert "| ❌ | <code>net</code> | MACs |" in (project / "summary.md").read_text()
