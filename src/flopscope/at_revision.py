"""The process that profiles in the tree of a revision, and makes sure that it did."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import Any

from flopscope.errors import FlopscopeError, TargetError
from flopscope.files import write
from flopscope.load.target import parse_target
from flopscope.request import GivenInputs, Request
from flopscope.revisions import ANSWER
from flopscope.targeting import profile_target


def answer() -> None:
    """Profile what standard input asks for, in the process that :func:`profiles_at` starts."""
    asked = json.loads(sys.stdin.readline())
    tree, top = Path(asked["tree"]), Path(asked["top"])
    _end_with_parent(tree.parent)
    answers = [_answered(_from_json(values), tree, top) for values in asked["requests"]]
    write(tree.with_name(ANSWER), json.dumps(answers))


def _end_with_parent(folder: Path) -> None:
    """See to it that nothing is left running, nor of the folder, when the parent is killed.

    The user's code finds its standard input at an end.
    """
    lifeline = os.dup(sys.stdin.fileno())
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())

    def wait() -> None:
        while os.read(lifeline, 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(TargetError.exit_code)

    Thread(target=wait, daemon=True).start()


def _answered(request: Request, tree: Path, top: Path) -> dict[str, Any]:
    try:
        report = profile_target(request)
        _make_sure(request.target, tree, top)
    except FlopscopeError as error:
        return {"error": error.message, "hint": error.hint}
    return report.to_dict()


def _make_sure(target: str, tree: Path, top: Path) -> None:
    """The target's module came out of the tree, and none out of the folders of the repository.

    Raises:
        TargetError: one came from elsewhere.
    """
    spec = parse_target(target)
    module = sys.modules.get(spec.place)
    origin = spec.place if spec.is_file else getattr(module, "__file__", None)
    if origin is None or not _lies_in(origin, tree):
        raise TargetError(
            f"{spec.place} was imported from {origin}, which is not that revision", hint=_FOUND
        )
    for name, path in _modules_in(top):
        raise TargetError(
            f"{spec.place} imports {name} from {path}, which is not that revision", hint=_FOUND
        )


def _modules_in(top: Path) -> Iterator[tuple[str, str]]:
    """What was imported from a repository, but not from libraries that are installed in it."""
    libraries = (sys.prefix, sys.base_prefix, Path(__file__).parent)

    def is_own(path: str) -> bool:
        return _lies_in(path, top) and not any(_lies_in(path, library) for library in libraries)

    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and is_own(path):
            yield name, path


_FOUND = "packages at its top, in its src and in what is on the path of Python are found there"


def _lies_in(path: str, folder: str | Path) -> bool:
    return Path(path).resolve().is_relative_to(Path(folder).resolve())


def _from_json(values: Mapping[str, Any]) -> Request:
    plain = _with_tuples(values)
    inputs, config = GivenInputs(**_with_tuples(plain.pop("inputs"))), plain.pop("config")
    return Request(**plain, inputs=inputs, config=None if config is None else Path(config))


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
