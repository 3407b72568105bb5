"""A repository from commit to commit, whose package is installed from its src to be edited."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.scratch import MACS, Repository, costlier, create, neutral, renaming

PATH = {"editable.pth": "{source}\n"}
"""What hatchling leaves where packages are installed."""

FINDER = {
    "editable.pth": "import editable_finder; editable_finder.install()\n",
    "editable_finder.py": """
import sys
from importlib.util import spec_from_file_location

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "mypkg":
            package = "{source}/mypkg"
            where = package + "/__init__.py"
            return spec_from_file_location(name, where, submodule_search_locations=[package])

def install():
    sys.meta_path.append(Finder)
""",
}
"""What setuptools leaves there."""

FIRST = {
    "editable.pth": FINDER["editable.pth"],
    "editable_finder.py": """
import sys
from importlib.util import spec_from_file_location

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "mypkg.widths":
            return spec_from_file_location(name, "{source}/mypkg/widths.py")

def install():
    sys.meta_path.insert(0, Finder)
""",
}
"""What is asked before any path, as by scikit-build-core."""


def installed(folder: Path, files: dict[str, str], source: Path) -> dict[str, str]:
    """The environment of an editable install, as a folder of packages has it."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text.replace("{source}", str(source)))
    (folder / "sitecustomize.py").write_text(f"import site\nsite.addsitedir({str(folder)!r})\n")
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *([inherited] if inherited else [])])}


@pytest.fixture
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    path = tmp_path / "project"
    files = getattr(request, "param", PATH)
    return create(path, installed(tmp_path / "packages", files, path / "src"))


def test_each_commit_gets_its_verdict_and_its_blame(repository: Repository) -> None:
    assert repository.flopscope("check", "--update-baseline").returncode == 0
    repository.commit("a baseline")
    found = []
    for change in (neutral, renaming, costlier):
        change(repository)
        done = repository.flopscope("check", "--since", "HEAD^", "--format", "json")
        (verdict,) = json.loads(done.stdout)["verdicts"]
        changes = [(each["kind"], each["after"]["scope"]) for each in verdict["change"]["changes"]]
        blamed = {check["figure"]: check["blamed"] for check in verdict["checks"]}
        totals = verdict["change"]["totals"]["macs"]
        found.append((done.returncode, changes, totals["before"], totals["after"], blamed["macs"]))

    assert found == [
        (0, [], MACS, MACS, []),
        (0, [("renamed", "entry")], MACS, MACS, []),
        (
            1,
            [("changed", "entry"), ("changed", "head")],
            MACS,
            2 * MACS,
            [["entry", 36 * 8 * 27], ["head", 36 * 4 * 8]],
        ),
    ]


@pytest.mark.parametrize("repository", [PATH, FINDER], indirect=True, ids=["path", "finder"])
def test_revisions_are_compared_and_not_what_is_installed(repository: Repository) -> None:
    first, second = neutral(repository), renaming(repository)
    costlier(repository)
    sides = (f"mypkg.nets:Net@{first[:9]}", f"mypkg.nets:Net@{second[:9]}")
    done = repository.flopscope("diff", *sides, "--shape", "1,3,8,8", "--format", "json")

    found = json.loads(done.stdout)
    assert found["totals"]["macs"] == {"before": MACS, "after": MACS, "growth": 0}
    assert [change["kind"] for change in found["changes"]] == ["renamed"]
    assert repository.git("status", "--porcelain") == ""
    assert len(repository.git("worktree", "list").splitlines()) == 1


@pytest.mark.parametrize("repository", [FIRST], indirect=True, ids=["first"])
def test_a_module_that_an_install_puts_in_place_of_the_revision_is_found_out(
    repository: Repository,
) -> None:
    sides = ("mypkg.nets:Net@HEAD", "mypkg.nets:Net")
    done = repository.flopscope("diff", *sides, "--shape", "1,3,8,8")

    assert done.returncode == 3
    assert "at that revision: mypkg.nets imports mypkg.widths from " in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_other_packages_of_the_repository_are_those_of_the_revision(
    repository: Repository,
) -> None:
    repository.write("libraries/layers/otherpkg.py", "WIDTH = 8\n")
    repository.write("src/mypkg/widths.py", "from otherpkg import WIDTH\n")
    repository.commit("a width from another package of the repository")
    packages = repository.path.parent / "packages"
    (packages / "other.pth").write_text(f"{repository.path}/libraries/layers\n")
    repository.write("libraries/layers/otherpkg.py", "WIDTH = 16\n")
    sides = ("mypkg.nets:Net@HEAD", "mypkg.nets:Net")
    done = repository.flopscope("diff", *sides, "--shape", "1,3,8,8", "--format", "json")

    totals = json.loads(done.stdout)["totals"]["macs"]
    assert (totals["before"], totals["after"]) == (MACS, 2 * MACS)


def test_a_file_by_its_whole_path_is_not_of_the_revision(repository: Repository) -> None:
    repository.write("script.py", "from torch import nn\ndef Net(): return nn.Linear(3, 4)\n")
    repository.commit("a script")
    target = f"{repository.path}/script.py:Net"
    done = repository.flopscope("diff", f"{target}@HEAD", target, "--shape", "1,3")

    assert done.returncode == 3
    assert "which is not that revision" in done.stderr


def test_what_cannot_be_compared_with_a_revision_is_noted(repository: Repository) -> None:
    new = '[tool.flopscope.budgets.new]\ntarget = "mypkg.wide:Wide"\nshape = "1,3"\nmacs = 12\n'
    wrong = '[tool.flopscope.budgets.wrong]\ntarget = "mypkg.nets.Net"\nmacs = 1\n'
    repository.write(
        "src/mypkg/wide.py", "from torch import nn\ndef Wide(): return nn.Linear(3, 4)"
    )
    pyproject = repository.path / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}{new}{wrong}")
    done = repository.flopscope("check", "new", "--since", "main")
    assert done.returncode == 0, done.stderr
    assert "not compared with main: at that revision: no module named 'mypkg.wide'" in done.stdout

    done = repository.flopscope("check", "net", "wrong", "--since", "main")
    assert done.returncode == 3
    assert "net at main → net: no module differs" in done.stdout
    assert "did you mean 'mypkg.nets:Net'?" in done.stdout

    done = repository.flopscope("check", "--since", "gone")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no revision 'gone'" in done.stderr
