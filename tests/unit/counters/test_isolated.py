from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flopscope.counters.isolated import Method, forks_safely, isolated
from flopscope.errors import FlopscopeError

METHODS: list[Method] = ["fork", "spawn"] if forks_safely() else ["spawn"]


def greets() -> str:
    return "hello"


def says_who_it_is() -> str:
    return str(os.getpid())


def says_much() -> str:
    return "x" * 5_000_000


def prints_much() -> str:
    sys.stdout.write("x" * 5_000_000)
    os.write(2, b"straight to the terminal\n")
    return "done"


def hangs() -> str:
    while True:
        time.sleep(1)


def hangs_in_a_thread_as_well() -> str:
    threading.Thread(target=hangs).start()
    return "done"


def raises() -> str:
    raise ValueError("no such thing")


def aborts() -> str:
    sys.stdout.write("about to multiply\n")
    os.abort()


def reads_where_nothing_is() -> str:
    return ctypes.string_at(0).decode()


def is_killed() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "not reached"


def leaves() -> str:
    os._exit(7)


def leaves_politely() -> str:
    sys.exit(8)


def starts_another_process() -> str:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as sleeping:
        sys.stdout.write(f"{sleeping.pid}")
        os.abort()


@pytest.mark.parametrize("method", METHODS)
def test_the_answer_comes_from_another_process(method: Method) -> None:
    assert isolated(greets, method, 60) == "hello"
    assert isolated(says_who_it_is, method, 60) != str(os.getpid())


def test_a_long_answer_comes_whole() -> None:
    assert isolated(says_much, METHODS[0], 60) == "x" * 5_000_000


@pytest.mark.parametrize("method", METHODS)
def test_nothing_that_is_printed_reaches_the_terminal(
    method: Method, capfd: pytest.CaptureFixture[str]
) -> None:
    assert isolated(prints_much, method, 60) == "done"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (aborts, "crashed (SIGABRT): about to multiply"),
        (reads_where_nothing_is, "crashed (SIGSEGV)"),
        (is_killed, "was killed, as happens where memory runs out (SIGKILL)"),
        (leaves, "ended its process without an answer (exit code 7)"),
        (leaves_politely, "ended its process without an answer (exit code 8)"),
        (
            raises,
            "ended its process without an answer (exit code 1): ValueError: no such thing",
        ),
    ],
)
def test_an_end_without_an_answer_says_how_and_what_was_said_last(
    work: Callable[[], str], reason: str
) -> None:
    with pytest.raises(FlopscopeError) as raised:
        isolated(work, METHODS[0], 60)
    assert raised.value.message == reason


def test_a_process_that_is_spawned_can_crash_as_well() -> None:
    with pytest.raises(FlopscopeError, match=r"crashed \(SIGABRT\): about to multiply"):
        isolated(aborts, "spawn", 60)


@pytest.mark.parametrize("method", METHODS)
def test_what_takes_too_long_is_given_up(method: Method) -> None:
    start = time.perf_counter()
    with pytest.raises(FlopscopeError, match=r"did not finish within 0\.2 s"):
        isolated(hangs, method, 0.2)
    assert time.perf_counter() - start < 10


def test_an_answer_is_not_kept_waiting_for_a_thread_that_hangs() -> None:
    assert isolated(hangs_in_a_thread_as_well, METHODS[0], 60) == "done"


def children() -> set[str]:
    """The processes that this one started and that it has not taken note of the end of."""
    return set(Path("/proc/self/task", str(os.getpid()), "children").read_text().split())


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("work", [greets, hangs, aborts])
def test_no_process_and_no_file_is_left(
    work: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = children()
    try:
        isolated(work, METHODS[0], 0.5)
    except FlopscopeError:
        assert work is not greets
    assert list(tmp_path.iterdir()) == []
    assert children() <= before


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
def test_what_it_started_ends_with_it() -> None:
    with pytest.raises(FlopscopeError) as raised:
        isolated(starts_another_process, METHODS[0], 60)
    started = Path("/proc", raised.value.message.rpartition(" ")[2])
    gives_up = time.perf_counter() + 10
    while started.exists() and "\nState:\tZ" not in started.joinpath("status").read_text():
        assert time.perf_counter() < gives_up
        time.sleep(0.01)


INTERRUPTED = """
import os, pathlib, signal, sys, threading, time
from flopscope.counters.isolated import isolated

def hangs():
    pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(60)

def interrupt():
    while not pathlib.Path(sys.argv[1]).exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
try:
    isolated(hangs, "fork", 60)
except KeyboardInterrupt:
    print(pathlib.Path(sys.argv[1]).read_text())
"""


@pytest.mark.skipif(not forks_safely(), reason="the function is in the script that is run")
def test_an_interrupt_ends_both(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", INTERRUPTED, tmp_path / "pid"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert finished.stderr == ""
    assert not Path("/proc", finished.stdout.strip()).exists()


UNGUARDED = """
from flopscope.counters.isolated import isolated
from tests.unit.counters.test_isolated import greets
print(isolated(greets, "spawn", 60))
"""


def test_a_script_is_not_run_again_where_a_process_is_spawned(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    finished = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (finished.stdout, finished.stderr) == ("hello\n", "")


IN_A_SCRIPT = """
import sys
from flopscope.counters.isolated import isolated

class Net: ...

print(isolated(lambda: sys.modules[Net.__module__].Net.__name__, "fork", 60))
"""


@pytest.mark.skipif(not forks_safely(), reason="the function is in the script that is run")
def test_what_a_script_defines_is_there_in_a_copy_of_its_process() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", IN_A_SCRIPT], capture_output=True, text=True, check=True
    )
    assert finished.stdout == "Net\n"


def test_a_daemonic_process_is_told_that_it_may_not_start_another() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_refusal) == (
            "it needs a process of its own, which a daemonic one may not start"
        )


def _refusal() -> str:
    with pytest.raises(FlopscopeError) as raised:
        isolated(greets, METHODS[0], 60)
    return raised.value.message
