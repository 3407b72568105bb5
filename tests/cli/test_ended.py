"""What a command leaves behind that is ended in the middle, or finds no room for what it writes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_diff import SHAPE, git

WAITING = """
import os, pathlib, time
from torch import nn

def Net():
    pathlib.Path(os.environ["STARTED"]).touch()
    time.sleep(100)
"""

BUDGET = '[budgets.net]\ntarget = "nets:Net"\nshape = "1,3,8,8"\nmacs = "1 G"\n'

ENDED = {signal.SIGINT: (130, "Interrupted.\n"), signal.SIGTERM: (143, "Terminated.\n")}

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(project: Path) -> Start:
    """Run the command line on a model that is never built, until it is being built."""
    (project / "nets.py").write_text(WAITING)
    (project / "flopscope.toml").write_text(BUDGET)
    (project / "temporary").mkdir()
    started = project / "started"

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "flopscope", *arguments],
            env={**os.environ, "STARTED": str(started), "TMPDIR": str(project / "temporary")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 60
        while not started.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return process

    return run


@pytest.mark.parametrize("number", ENDED)
def test_a_check_that_is_ended_writes_nothing(
    start: Start, project: Path, number: signal.Signals
) -> None:
    before = {*project.iterdir(), project / "started", project / "__pycache__"}
    process = start("check", "--update-baseline", "-o", "verdicts.json")
    process.send_signal(number)
    out, error = process.communicate(timeout=30)

    assert (process.returncode, out, error) == (ENDED[number][0], "", ENDED[number][1])
    assert set(project.iterdir()) <= before


@pytest.mark.parametrize("number", [*ENDED, signal.SIGKILL])
def test_a_difference_that_is_ended_leaves_no_tree_of_its_revision(
    start: Start, project: Path, number: signal.Signals
) -> None:
    git("init", "--quiet")
    git("add", "nets.py")
    git("commit", "--quiet", "-m", "a model")
    process = start("diff", "nets:Net@HEAD", "nets:Net", *SHAPE, "-o", "difference.json")
    temporary = project / "temporary"
    assert [path.name for path in temporary.glob("*/tree/nets.py")] == ["nets.py"]
    process.send_signal(number)
    out, error = process.communicate(timeout=30)

    expected = ENDED.get(number, (-number, ""))
    assert (process.returncode, out, error) == (expected[0], "", expected[1])
    deadline = time.monotonic() + 30
    while any(temporary.iterdir()):  # a process that is killed leaves it to its child
        assert time.monotonic() < deadline, list(temporary.rglob("*"))
        time.sleep(0.02)
    trees = subprocess.run(["git", "worktree", "list"], check=True, capture_output=True, text=True)
    assert len(trees.stdout.splitlines()) == 1
    assert not list(project.glob("*difference.json*"))


def test_where_there_is_no_room_the_old_file_stays_and_the_verdicts_are_shown(
    project: Path,
) -> None:
    (project / "flopscope.toml").write_text(BUDGET)
    (project / "verdicts.json").write_text("old")
    done = subprocess.run(
        [sys.executable, "-m", "flopscope", "check", "-o", "verdicts.json", "-o", "short.txt"],
        capture_output=True,
        check=False,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)),
    )

    assert done.returncode == 1
    assert "1 budget kept" in done.stdout
    assert done.stderr == (
        "Error: cannot write verdicts.json: File too large\n"
        "Hint: make room there, or write it elsewhere\n"
    )
    assert (project / "verdicts.json").read_text() == "old"
    assert (project / "short.txt").read_text().endswith("# EOF\n")
    assert not list(project.glob(".*.*"))
