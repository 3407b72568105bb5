"""Standard output, which is the report's alone, and standard error, where progress is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path

import click

from flopscope.errors import FlopscopeError
from flopscope.load.importing import loading
from flopscope.progress import Progress, silent

STDOUT, STDERR = 1, 2


def open_streams() -> None:
    """Give a process that was started without stdout or stderr one that leads nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - kept open


def show(text: str, *, color: bool) -> None:
    """Write a report to standard output, what its encoding lacks as backslash escapes.

    Raises:
        BrokenPipeError: nobody reads it any more.
        FlopscopeError: it cannot be written.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), color=color)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FlopscopeError(f"cannot write to standard output: {error.strerror}") from error


@contextmanager
def stdout_reserved() -> Iterator[None]:
    """Around the user's code: what it prints goes to stderr, for stdout is the report's alone."""
    with redirect_stdout(sys.stderr), _descriptor_redirected():
        yield


@contextmanager
def narration() -> Iterator[Progress]:
    """A function to say what is being done with, shown on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    # Here, not above: it takes time that a usage error doesn't have.
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        yield lambda step: status.update(Text(step))


@contextmanager
def loading_torch(progress: Progress) -> Iterator[None]:
    """Around an import that loads torch, which takes seconds: no usage error is to wait for it."""
    progress("loading torch")
    with loading():
        yield


@contextmanager
def _descriptor_redirected() -> Iterator[None]:
    """For what libraries and child processes print without asking Python."""
    saved = None
    with suppress(OSError):  # when one of them is closed
        saved = os.dup(STDOUT)
        os.dup2(STDERR, STDOUT)
    try:
        yield
    finally:
        if saved is not None:
            os.dup2(saved, STDOUT)
            os.close(saved)
