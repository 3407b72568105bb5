"""A target as it was at a revision of its repository: profiled in a tree of that revision alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flopscope.errors import FlopscopeError, TargetError, UsageError
from flopscope.files import read_json
from flopscope.load.target import PYTHON, parse_target
from flopscope.request import Request

ANSWER = "answer.json"
"""Beside the tree, what the process that profiles in it has found."""

_IMPORTED_FROM = ("src", "")
"""Folders of a repository, from its top, that its packages may lie in."""


def split_revision(target: str) -> tuple[str, str] | None:
    """``"mypkg:Net@main"`` as its target and its revision; None of a target as it is."""
    target, at, revision = target.rpartition("@")
    return (target, revision) if at and revision and ")" not in revision else None


def profile_at(request: Request, revision: str) -> dict[str, Any]:
    """The report of a target at a revision, as JSON has it, without time.

    Args:
        request: whose target is a name in the user's own Python code.
        revision: a commit, branch or tag of the repository around the working directory.

    Raises:
        UsageError: this is no repository, or it has no such revision.
        FlopscopeError: whatever else profiling it raised.
    """
    (found,) = profiles_at([request], revision)
    if isinstance(found, FlopscopeError):
        raise found
    return found


def profiles_at(
    requests: Sequence[Request], revision: str
) -> tuple[dict[str, Any] | FlopscopeError, ...]:
    """The report of each of several targets at a revision, or why there is none.

    The revision is written into a folder of its own, which a new process imports from: whatever is
    installed, editable or not, stays out of the way, and the process makes sure of that. Nothing
    is registered in the repository: a run that is killed leaves it as it was.

    Args:
        requests: whose targets are names in the user's own Python code.
        revision: a commit, branch or tag of the repository around the working directory.

    Raises:
        UsageError: this is no repository, or it has no such revision.
        TargetError: nothing could be profiled there.
    """
    top = Path(_git("rev-parse", "--show-toplevel"))
    commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", of=revision)
    inside = Path.cwd().resolve().relative_to(top.resolve())
    strangers = [_stranger(request) for request in requests]
    own = [request for request, error in zip(requests, strangers, strict=True) if error is None]
    with _checked_out(commit) as tree:
        answers = iter(_profiled_in(tree, inside, top, own) if own else [])
    return tuple(next(answers) if error is None else error for error in strangers)


def _stranger(request: Request) -> FlopscopeError | None:
    """That a target is no code of the user's, or not even a target."""
    try:
        if parse_target(request.target, request.arguments).kind == PYTHON:
            return None
    except FlopscopeError as error:
        return error
    return UsageError(
        f"{request.target} is not code of this repository",
        hint="a revision can be given of package.module:Name and path/to/file.py:Name",
    )


def _profiled_in(
    tree: Path, inside: Path, top: Path, requests: Sequence[Request]
) -> list[dict[str, Any] | FlopscopeError]:
    folders = [*map(Path, _IMPORTED_FROM), *_installed_from(top)]
    places = [str(tree / folder) for folder in folders]
    inherited = os.environ.get("PYTHONPATH")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([*places, *([inherited] if inherited else [])])
    }
    asked = {"tree": str(tree), "top": str(top), "requests": list(map(_as_json, requests))}
    said, start = tree.with_name("said.txt"), tree / inside
    with (
        said.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", "from flopscope.at_revision import answer; answer()"],
            stdin=subprocess.PIPE,  # kept open: its end tells the child that this process is gone
            stdout=stderr,
            stderr=stderr,
            cwd=start if start.is_dir() else tree,
            env=environment,
            bufsize=0,
        ) as child,
    ):
        try:
            assert child.stdin is not None
            with suppress(BrokenPipeError):  # it has ended already, and its last line says why
                child.stdin.write(f"{json.dumps(asked)}\n".encode())
            child.wait()
        except BaseException:
            child.kill()
            raise
    answer_path = tree.with_name(ANSWER)
    if not answer_path.exists():
        last = said.read_text("utf-8", "replace").strip().splitlines()[-1:]
        reason = last[0] if last else f"exit status {child.returncode}"
        raise TargetError(f"{requests[0].target} could not be profiled at that revision: {reason}")
    return [
        TargetError(f"at that revision: {each['error']}", each["hint"]) if "error" in each else each
        for each in read_json(answer_path)
    ]


def _installed_from(top: Path) -> Iterator[Path]:
    """Folders of a repository, from its top, that packages are imported from where they are."""
    for entry in sys.path:
        path = Path(entry).resolve()
        if path.is_relative_to(top.resolve()) and not path.is_relative_to(sys.prefix):
            yield path.relative_to(top.resolve())


@contextmanager
def _checked_out(commit: str) -> Iterator[Path]:
    """A folder with the files of a commit, beside an index of its own."""
    with tempfile.TemporaryDirectory(prefix="flopscope-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder, "tree")
        try:
            _check_out(commit, tree)
        except (OSError, UsageError) as error:
            raise TargetError(
                f"cannot write the files of {commit[:12]}: {error}",
                hint=f"is there room in {tempfile.gettempdir()}?",
            ) from error
        yield tree


def _check_out(commit: str, tree: Path) -> None:
    tree.mkdir()
    repository = ("--git-dir", _git("rev-parse", "--absolute-git-dir"), "--work-tree", str(tree))
    environment = os.environ | {"GIT_INDEX_FILE": str(tree.with_name("index"))}
    for command in (("read-tree", commit), ("checkout-index", "--all", "--quiet")):
        _git(*repository, *command, cwd=tree, environment=environment)


def _git(
    *arguments: str,
    of: str = "",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env=environment,
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed", hint="compare two report files instead") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        reason = f"there is no revision {of!r}" if of else said[-1] if said else "git failed"
        hint = "name a commit, branch or tag" if of else "run it in the repository of the revision"
        raise UsageError(reason, hint=hint)
    return done.stdout.strip()


def _as_json(request: Request) -> dict[str, Any]:
    values = asdict(request)
    values["config"] = None if request.config is None else str(request.config)
    return values
