"""A target as it was at a revision of its repository: profiled in a tree of that revision alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flopscope.errors import FlopscopeError, TargetError, UsageError
from flopscope.files import write
from flopscope.load.target import PYTHON, parse_target
from flopscope.request import GivenInputs, Request

_IMPORTED_FROM = ("src", "")
"""Folders of a repository, from its top, that its packages may lie in."""


def split_revision(target: str) -> tuple[str, str] | None:
    """``"mypkg:Net@main"`` as its target and its revision; None of a target as it is."""
    target, at, revision = target.rpartition("@")
    return (target, revision) if at and revision and ")" not in revision else None


def profile_at(request: Request, revision: str) -> dict[str, Any]:
    """The report of a target at a revision, as JSON has it, without time.

    The revision is checked out into a folder of its own, which a new process imports from: whatever
    is installed, editable or not, stays out of the way, and the process makes sure of that.

    Args:
        request: whose target is a name in the user's own Python code.
        revision: a commit, branch or tag of the repository around the working directory.

    Raises:
        UsageError: this is no repository, or it has no such revision.
        TargetError: the target is not code of this repository.
        FlopscopeError: whatever else profiling it raised.
    """
    if parse_target(request.target, request.arguments).kind != PYTHON:
        raise UsageError(
            f"{request.target} is not code of this repository",
            hint="a revision can be given of package.module:Name and path/to/file.py:Name",
        )
    top = Path(_git("rev-parse", "--show-toplevel"))
    commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", of=revision)
    inside = Path.cwd().resolve().relative_to(top.resolve())
    with _checked_out(commit) as tree:
        return _profiled_in(tree, tree / inside, request)


def _profiled_in(tree: Path, folder: Path, request: Request) -> dict[str, Any]:
    places = [str(tree / name) for name in _IMPORTED_FROM]
    inherited = os.environ.get("PYTHONPATH")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([*places, *([inherited] if inherited else [])])
    }
    answer_path = tree.with_name("answer.json")
    asked = {"tree": str(tree), "answer": str(answer_path), "request": _as_json(request)}
    done = subprocess.run(
        [sys.executable, "-c", "from flopscope.revisions import answer; answer()"],
        input=json.dumps(asked),
        cwd=folder if folder.is_dir() else tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if not answer_path.exists():
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise FlopscopeError(f"{request.target} could not be profiled at that revision: {last[0]}")
    answered: dict[str, Any] = json.loads(answer_path.read_text(encoding="utf-8"))
    if "error" in answered:
        raise TargetError(f"at that revision: {answered['error']}", hint=answered["hint"])
    return answered


def answer() -> None:
    """Profile what standard input asks for, in the process that :func:`profile_at` starts."""
    # Here, not above: the command line knows revisions without torch.
    from flopscope.targeting import profile_target  # noqa: PLC0415 - see above

    asked = json.load(sys.stdin)
    try:
        report = profile_target(_from_json(asked["request"]))
        _make_sure(asked["request"]["target"], Path(asked["tree"]))
        answered = report.to_dict()
    except FlopscopeError as error:
        answered = {"error": error.message, "hint": error.hint}
    write(Path(asked["answer"]), json.dumps(answered))


def _make_sure(target: str, tree: Path) -> None:
    """The target's module came out of the tree.

    Raises:
        TargetError: it came from elsewhere.
    """
    spec = parse_target(target)
    if spec.is_file:
        return
    origin = getattr(sys.modules.get(spec.place), "__file__", None)
    if origin is None or not Path(origin).resolve().is_relative_to(tree.resolve()):
        raise TargetError(
            f"{spec.place} was imported from {origin}, which is not that revision",
            hint="only packages at the top of the repository or in its src are found there",
        )


@contextmanager
def _checked_out(commit: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="flopscope-") as folder:
        tree = Path(folder, "tree")
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str, of: str = "") -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UsageError("git is not installed", hint="compare two report files instead") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        reason = f"there is no revision {of!r}" if of else said[-1] if said else "git failed"
        raise UsageError(reason, hint="write TARGET@REVISION in a repository that has it")
    return done.stdout.strip()


def _as_json(request: Request) -> dict[str, Any]:
    values = asdict(request)
    values["config"] = None if request.config is None else str(request.config)
    return values


def _from_json(values: Mapping[str, Any]) -> Request:
    plain = _with_tuples(values)
    inputs, config = GivenInputs(**_with_tuples(plain.pop("inputs"))), plain.pop("config")
    return Request(**plain, inputs=inputs, config=None if config is None else Path(config))


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
