"""``action.yml``: its steps run as GitHub runs them, by bash, with its variables, no terminal."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scratch import Repository, costlier, create, renaming

TOP = Path(__file__).parent.parent
ACTION = yaml.safe_load((TOP / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")

GH = """
import json, os, sys
path = os.environ["COMMENTS"]
comments = json.load(open(path))
arguments = sys.argv[1:]
print(*arguments, file=open(path + ".asked", "a"))
if os.environ.get("READ_ONLY") and "--method" in arguments:
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
if "--method" not in arguments:
    print(json.dumps(comments))
else:
    body = json.load(sys.stdin)["body"]
    if "PATCH" in arguments:
        number = int(next(each for each in arguments if "/" in each).rpartition("/")[2])
        next(each for each in comments if each["id"] == number)["body"] = body
    else:
        user = {"login": "github-actions[bot]"}
        comments.append({"id": len(comments) + 1, "user": user, "body": body})
    json.dump(comments, open(path, "w"))
"""
"""What stands in for GitHub: ``gh api`` over a file of comments."""

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("bash", "git", "jq")),
    reason="bash, git and jq run the action",
)


@dataclass
class Job:
    """A job that uses the action, with its steps' outputs."""

    repository: Repository
    folder: Path
    inputs: dict[str, str]
    event: Mapping[str, Any]
    variables: Mapping[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def value(self, name: str) -> str:
        """What an expression of GitHub's is."""
        root, _, rest = name.partition(".")
        if root == "inputs":
            return self.inputs[rest]
        if root == "steps":
            return self.outputs.get(name.rpartition(".")[2], "")
        known = {"action_path": str(TOP), "token": "a token"}
        if rest in known:
            return known[rest]
        found: Any = {"event": self.event}
        for part in rest.split("."):
            found = found.get(part, {})
        return str(found) if found != {} else ""

    def filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: self.value(found[1]), text)

    def is_due(self, step: Mapping[str, Any]) -> bool:
        """Whether a step's condition holds: comparisons with texts, all of which have to."""
        for each in filter(None, step.get("if", "").split(" && ")):
            name, comparison, text = re.fullmatch(r"(\S+) (==|!=) '(.*)'", each).groups()
            if (self.value(name) == text) != (comparison == "=="):
                return False
        return True

    def run(self) -> int:
        """Run the steps that are scripts but the one that installs, up to the first that fails."""
        for step in STEPS:
            if "run" in step and step["name"] != "Install" and self.is_due(step):
                done = self.run_step(step)
                self.said += done.stdout + done.stderr
                if done.returncode:
                    return done.returncode
        return 0

    def run_step(self, step: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        script, written = self.folder / "step.sh", self.folder / "output"
        script.write_text(step["run"])
        written.touch()
        environment = {
            **{name: each for name, each in os.environ.items() if not name.startswith("GITHUB_")},
            **self.repository.environment,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(written),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_WORKSPACE": str(self.repository.path),
            "GITHUB_REPOSITORY": "owner/project",
            "GITHUB_SHA": self.repository.git("rev-parse", "HEAD"),
            "RUNNER_TEMP": str(self.folder),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "COMMENTS": str(self.folder / "comments.json"),
            **self.variables,
            **{name: self.filled(text) for name, text in step.get("env", {}).items()},
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            capture_output=True,
            check=False,
            cwd=self.repository.path / self.filled(step.get("working-directory", ".")),
            env=environment,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )
        self.outputs |= dict(line.split("=", 1) for line in written.read_text().splitlines())
        return done

    @property
    def comments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.folder / "comments.json").read_text())
        return found


def job(tmp_path: Path, repository: Repository, base: str = "", **given: str) -> Job:
    """A job of a pull request, if a base is named, and else of a push."""
    folder = tmp_path / "runner"
    binaries = folder / "bin"
    if not folder.exists():
        binaries.mkdir(parents=True)
        (binaries / "python").write_text(f'#!/bin/bash\nexec "{sys.executable}" "$@"\n')
        (binaries / "python").chmod(0o755)
        (binaries / "gh").write_text(f"#!{sys.executable}\n{GH}")
        (binaries / "gh").chmod(0o755)
        (folder / "comments.json").write_text("[]")
    (folder / "output").unlink(missing_ok=True)
    inputs = {name: each["default"] for name, each in ACTION["inputs"].items()}
    event = {"pull_request": {"number": 7, "base": {"sha": base}}} if base else {}
    inputs |= {name.replace("_", "-"): text for name, text in given.items()}
    return Job(repository, folder, inputs, event, {"GITHUB_REF": "refs/heads/main"})


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    path = tmp_path / "project"
    inherited = os.environ.get("PYTHONPATH")
    places = [str(path / "src"), *([inherited] if inherited else [])]
    return create(path, {"PYTHONPATH": os.pathsep.join(places)})


def test_what_it_uses_is_pinned_by_its_commit_and_says_its_version() -> None:
    lines = [line for line in (TOP / "action.yml").read_text().splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        assert re.search(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)


def test_the_workflow_of_the_documentation_uses_what_there_is() -> None:
    text = (TOP / "docs" / "ci.md").read_text("utf-8")
    workflow, hooks = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", text, re.DOTALL))
    (budgets,) = workflow["jobs"].values()
    checkout, check = budgets["steps"]
    assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", checkout["uses"])
    assert set(check["with"]) <= set(ACTION["inputs"])
    assert set(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) >= set(ACTION["inputs"])
    offered = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks["repos"][0]["hooks"]] == [hook["id"] for hook in offered]


def test_no_script_holds_an_expression() -> None:
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert scripts
    assert not any("${{" in script for script in scripts)


def test_all_of_its_inputs_are_read_and_exist() -> None:
    text = json.dumps(ACTION["runs"])
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])


def test_it_installs_what_is_named_and_itself(tmp_path: Path, repository: Repository) -> None:
    asked = job(
        tmp_path,
        repository,
        **{"torch": "torch==2.13.0 torchvision", "torch-index": "https://wheels.example/cpu"},
        install="--editable '.[a, b]'",
    )
    python = asked.folder / "bin" / "python"
    python.write_text('#!/bin/bash\nprintf "<%s>" "$@"\necho\n')
    (install,) = (step for step in STEPS if step["name"] == "Install")
    done = asked.run_step(install)

    pip = "<-m><pip><install>"
    assert done.stdout.splitlines() == [
        f"{pip}<--index-url><https://wheels.example/cpu><torch==2.13.0><torchvision>",
        f"{pip}<--editable><.[a, b]>",
        f"{pip}<{TOP}>",
    ]


def test_torch_is_taken_from_pips_own_index_where_none_is_named(
    tmp_path: Path, repository: Repository
) -> None:
    asked = job(tmp_path, repository)
    python = asked.folder / "bin" / "python"
    python.write_text('#!/bin/bash\nprintf "<%s>" "$@"\necho\n')
    (install,) = (step for step in STEPS if step["name"] == "Install")

    assert asked.run_step(install).stdout.splitlines()[0] == "<-m><pip><install><torch>"


def test_a_pull_request_is_judged_and_gets_one_comment_that_changes(
    tmp_path: Path, repository: Repository
) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "-b", "branch")
    renaming(repository)
    first = job(tmp_path, repository, base, comment="true")
    stranger = {"id": 1, "user": {"login": "x"}, "body": "<!-- flopscope check: . -->\nmine"}
    (first.folder / "comments.json").write_text(json.dumps([stranger]))
    assert first.run() == 0, first.said
    assert "1 renamed" in first.comments[1]["body"]
    assert (first.folder / "summary.md").read_text() in first.comments[1]["body"] + "\n"

    costlier(repository)
    pyproject = repository.path / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}macs = 9000\n")
    second = job(tmp_path, repository, base, comment="true")
    assert second.run() == 1
    assert (
        "::error file=pyproject.toml,title=flopscope%3A net::MACs 17.9 k exceeds 9.00 k"
        in second.said
    )
    assert second.comments[0] == stranger
    assert len(second.comments) == 2
    assert "| MACs | 8.93 k | 17.9 k | **+8.93 k (+100.0%)** |" in second.comments[1]["body"]
    assert "1 broken" in second.comments[1]["body"]


def test_a_merge_is_compared_with_the_parent_that_is_the_base(
    tmp_path: Path, repository: Repository
) -> None:
    old = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "-b", "branch")
    renaming(repository)
    repository.git("checkout", "--quiet", "main")
    costlier(repository)
    repository.git("merge", "--quiet", "--no-edit", "branch")
    merged = job(tmp_path, repository, old)
    merged.variables = {"GITHUB_REF": "refs/pull/7/merge"}

    assert merged.run() == 0, merged.said
    assert "1 module: 1 renamed, no figure differs" in merged.said
    assert not (merged.folder / "comments.json.asked").exists()


def test_inputs_are_never_read_as_programs(tmp_path: Path, repository: Repository) -> None:
    evil = '$(touch evil) `touch evil`"; touch evil; #'
    asked = job(tmp_path, repository, baseline=evil, shard=evil, since=evil)
    assert asked.run() == 2
    assert "is no part of several" in asked.said
    (install,) = (step for step in STEPS if step["name"] == "Install")
    asked.inputs |= {"torch": evil, "torch-index": evil, "install": evil}
    assert asked.run_step(install).returncode != 0
    assert not list(tmp_path.rglob("evil"))


def test_what_may_not_be_written_to_the_pull_request_is_a_warning(
    tmp_path: Path, repository: Repository
) -> None:
    base = repository.git("rev-parse", "HEAD")
    of_a_fork = job(tmp_path, repository, base, comment="true", since="none")
    of_a_fork.variables = {"GITHUB_REF": "refs/pull/7/merge", "READ_ONLY": "true"}
    assert of_a_fork.run() == 0
    assert "::warning title=flopscope::no comment was written" in of_a_fork.said
    assert of_a_fork.comments == []


def test_a_base_that_cannot_be_had_is_a_warning(tmp_path: Path, repository: Repository) -> None:
    shallow = job(tmp_path, repository, "0" * 40)
    assert shallow.run() == 0
    assert "check out with fetch-depth: 2" in shallow.said


def test_budgets_that_cannot_be_read_end_the_job_without_a_comment(
    tmp_path: Path, repository: Repository
) -> None:
    repository.write("pyproject.toml", "[tool.flopscope\n")
    base = repository.git("rev-parse", "HEAD")
    asked = job(tmp_path, repository, base, comment="true")
    assert asked.run() == 3
    assert "has budgets here or above" in asked.said or "is not TOML" in asked.said
    assert asked.outputs.get("markdown", "") == ""
    assert asked.comments == []
