"""Standard output, which is the report's alone, and standard error, where progress is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress

import click

STDOUT, STDERR = 1, 2


def show(text: str, *, color: bool) -> None:
    """Write a report to standard output, what its encoding lacks as backslash escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), color=color)


@contextmanager
def stdout_reserved() -> Iterator[None]:
    """Around the user's code: what it prints goes to stderr, for stdout is the report's alone."""
    with redirect_stdout(sys.stderr), _descriptor_redirected():
        yield


@contextmanager
def narration() -> Iterator[Callable[[str], None]]:
    """A function to say what is being done with, shown on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # Here, not above: it takes time that a usage error doesn't have.
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        yield lambda step: status.update(Text(step))


@contextmanager
def _descriptor_redirected() -> Iterator[None]:
    """For what libraries and child processes print without asking Python."""
    try:
        saved = os.dup(STDOUT)
    except OSError:
        # It is closed: nothing can be printed to it.
        yield
        return
    try:
        with suppress(OSError):
            os.dup2(STDERR, STDOUT)
        yield
    finally:
        os.dup2(saved, STDOUT)
        os.close(saved)
