"""What a function answers in a process of its own, which nothing that happens there can leave."""

from __future__ import annotations

import faulthandler
import io
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Literal, TypeAlias

from flopscope.errors import FlopscopeError

Method: TypeAlias = Literal["fork", "spawn"]
"""How the process comes to be: as a copy of this one, or as a new one."""

_GRACE_SECONDS = 5
"""For a process to be gone that has said all it will, or that outlived who waits for it."""

_TAIL_NBYTES = 4096
_LONGEST_LINE = 200


def isolated(work: Callable[[], str], method: Method, time_limit: float) -> str:
    """The text that a function gives, called in another process with one path of execution.

    It may print, leave torch patched, crash or hang: this process, the terminal and the working
    directory are as before, and the other one is gone with all that it started, also after Ctrl-C.

    Args:
        work: the function. What it prints is dropped.
        method: where it is ``"spawn"`` the function is pickled, and the script that started this
            process is not run again: what is defined in that script cannot be unpickled.
        time_limit: seconds until it is given up.

    Raises:
        FlopscopeError: it gave no answer: it took too long, crashed or ended the process.
    """
    if multiprocessing.current_process().daemon:
        raise FlopscopeError("it needs a process of its own, which a daemonic one may not start")
    with tempfile.TemporaryDirectory(prefix="flopscope-") as folder:
        printed = Path(folder, "printed")
        context = multiprocessing.get_context(method)
        receiver, sender = context.Pipe(duplex=False)
        process: BaseProcess = context.Process(  # type: ignore[attr-defined] # of either context
            target=_answer, args=(work, sender, printed, time_limit), daemon=True
        )
        try:
            with _without_main() if method == "spawn" else nullcontext():
                _start(process)
            sender.close()
            return _awaited(process, receiver, printed, time_limit)
        finally:
            _end(process)
            receiver.close()
            sender.close()


def forks_safely() -> bool:
    """Whether a process of this platform can go on as a copy of another: macOS' own code cannot."""
    return sys.platform == "linux"


# --- here -----------------------------------------------------------------------------------------


def _start(process: BaseProcess) -> None:
    with warnings.catch_warnings(), _interrupts_waiting():
        # Python 3.12 warns that other threads may hold locks, which nobody in the copy releases:
        # those of Python, malloc and torch's pools are taken care of where it forks, and of output
        # by _settle. A spinner's are not needed there.
        warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
        try:
            process.start()
        except OSError as error:  # no memory or no more processes
            raise FlopscopeError(f"it needs a process of its own: {error}") from error


@contextmanager
def _interrupts_waiting() -> Iterator[None]:
    """Hold Ctrl-C back: nobody would end a process that has begun and that nobody knows of yet."""
    here = threading.current_thread() is threading.main_thread()  # the one that is interrupted
    before = signal.getsignal(signal.SIGINT)
    if not here or before is None:
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the script that started this process from one that is spawned, which would run it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _awaited(process: BaseProcess, receiver: Connection, printed: Path, time_limit: float) -> str:
    if not wait([receiver, process.sentinel], timeout=time_limit):
        raise FlopscopeError(f"did not finish within {time_limit:g} s")
    with suppress(EOFError, ConnectionError):
        if receiver.poll():
            return receiver.recv_bytes().decode()
    process.join(_GRACE_SECONDS)
    last_line = _last_line(printed)
    raise FlopscopeError(_cause(process.exitcode) + (f": {last_line}" if last_line else ""))


def _cause(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"ended its process without an answer (exit code {exit_code})"
    name = signal.Signals(-exit_code).name
    if name == "SIGKILL":
        return "was killed, as happens where memory runs out (SIGKILL)"
    return f"crashed ({name})"


def _last_line(printed: Path) -> str:
    if not printed.exists():
        return ""
    with printed.open("rb") as file:
        file.seek(max(0, printed.stat().st_size - _TAIL_NBYTES))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip()[:_LONGEST_LINE] for line in reversed(lines) if line.strip()), "")


def _end(process: BaseProcess) -> None:
    """Kill it and what it started, and wait until it is gone."""
    if process.pid is None:
        return
    process.kill()
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.join()
    process.close()


# --- there ----------------------------------------------------------------------------------------


def _answer(work: Callable[[], str], sender: Connection, printed: Path, time_limit: float) -> None:
    _settle(printed, time_limit)
    sender.send_bytes(work().encode())
    os._exit(0)  # whatever else has registered itself to run at the end


def _settle(printed: Path, time_limit: float) -> None:
    """Become a process that shares no terminal and no output with the one that started it."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Where the one that waits is killed, nobody else ends this one.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(math.ceil(time_limit) + _GRACE_SECONDS)
    faulthandler.disable()  # its traceback would hide the last line
    output = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # The copies of the old ones may hold text, and locks of threads that are not here.
    file = io.FileIO(output, "w", closefd=False)
    sys.stdout = sys.stderr = io.TextIOWrapper(file, errors="replace", write_through=True)
