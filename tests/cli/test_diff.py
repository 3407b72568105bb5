"""``flopscope diff``: reports, targets and revisions of a repository, side by side."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
SHAPE = ("--shape", "1,3,8,8")


def git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments],
        check=True,
        capture_output=True,
    )


@pytest.fixture
def repository(project: Path) -> Path:
    """Three commits: the model, the same under another name inside, and one that costs more."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    nets = project / "nets.py"
    git("init", "--quiet", "--initial-branch", "main")
    git("add", "nets.py")
    git("commit", "--quiet", "-m", "a model")
    nets.write_text(nets.read_text().replace("conv", "stem"))
    git("commit", "--quiet", "-a", "-m", "another name")
    nets.write_text(nets.read_text().replace("planes, 8", "planes, 16"))
    git("commit", "--quiet", "-a", "-m", "dearer")
    return project


def test_a_report_and_a_target_are_compared(run: Run) -> None:
    assert run("profile", "nets:Net", *SHAPE, "--no-time", "-o", "a.json").exit_code == 0
    done = run("diff", "a.json", "nets:Net", *SHAPE)

    assert done.exit_code == 0, done.stderr
    assert "no module differs" in done.stdout


def test_two_reports_in_files_are_compared_and_told_apart(run: Run, project: Path) -> None:
    for folder, size in (("old", 8), ("new", 10)):
        (project / folder).mkdir()
        shape = ("--shape", f"1,3,{size},{size}")
        run("profile", "nets:Net", *shape, "--no-time", "-o", f"{folder}/net.json")
    done = run("diff", "old/net.json", "new/net.json")

    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("old/net.json → new/net.json\nnets:Net\n")
    assert "not the same inputs: 1×3×8×8 float32 and 1×3×10×10 float32" in done.stdout

    done = run("diff", "old/net.json", "new/net.json", *SHAPE)
    assert (done.exit_code, "say nothing of reports in files" in done.stderr) == (2, True)


def test_a_renaming_is_told_from_a_change_of_cost(run: Run, repository: Path) -> None:
    renaming = run("diff", "nets:Net@HEAD~2", "nets:Net@HEAD~1", *SHAPE, "--format", "json")
    found = json.loads(renaming.stdout)
    assert [change["kind"] for change in found["changes"]] == ["renamed"]
    assert found["totals"]["flops"]["growth"] == 0

    costlier = run("diff", "nets:Net@HEAD~1", "nets:Net@main", *SHAPE, "--format", "json")
    found = json.loads(costlier.stdout)
    assert [change["after"]["scope"] for change in found["changes"]] == ["stem"]
    assert found["totals"]["macs"]["growth"] == 1


def test_a_revision_is_counted_in_its_own_tree_and_leaves_none(run: Run, repository: Path) -> None:
    done = run("diff", "nets:Net@HEAD~1", "nets:Net", *SHAPE, "--format", "markdown")

    assert f"| Params | {8 * 27} | {16 * 27} | **+{8 * 27} (+100.0%)** |" in done.stdout
    trees = subprocess.run(["git", "worktree", "list"], check=True, capture_output=True, text=True)
    assert len(trees.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nets:Net", "nets:Net@gone"), "there is no revision 'gone'"),
        (("nets:Net", "timm:resnet18@main"), "is not code of this repository"),
        (("nets:Net",), "it takes two to compare"),
        (("gone.json", "nets:Net"), "cannot read gone.json"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    run: Run, repository: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run("diff", *arguments, *SHAPE)

    assert done.exit_code in (2, 3)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_a_model_that_is_not_there_at_the_revision_is_said_so(run: Run, repository: Path) -> None:
    (repository / "nets.py").write_text("from torch import nn\ndef New(): return nn.Linear(8, 2)")
    done = run("diff", "nets:New@main", "nets:New", *SHAPE)

    assert done.exit_code == 3
    assert "at that revision: no 'New' in nets" in done.stderr


def test_it_is_written_to_files_by_their_names(run: Run, project: Path) -> None:
    done = run("diff", "nets:Net", "nets:Net(4)", "--shape", "1,3,8,8", "-o", "d.foo")
    assert (done.exit_code, "no format is known" in done.stderr) == (2, True)

    done = run("diff", "nets:Net", "nets:Net", *SHAPE, "-o", "d.md", "-o", "d.json")
    assert done.exit_code == 0
    assert (
        (project / "d.md")
        .read_text()
        .startswith("### <code>nets:Net</code> → <code>nets:Net</code>")
    )
    assert json.loads((project / "d.json").read_text())["schema"] == "flopscope.difference/1"
