"""Standard output and standard error: what they can show, and who may write to them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from typing import TextIO

import click

from flopscope.report import View

STDOUT, STDERR = 1, 2
BEYOND_ASCII = "─│├└━┃·…×"
"""Characters that a table draws with."""


def fitted(view: View, stream: TextIO, environment: Mapping[str, str]) -> View:
    """A view for what a stream can show: the width and the colours of a terminal, its encoding.

    Anything but a terminal gets all the width that the content needs.
    """
    return replace(
        view,
        width=shutil.get_terminal_size().columns if stream.isatty() else None,
        color=wants_color(environment, terminal=stream.isatty()),
        ascii=not _can_encode(stream.encoding),
    )


def wants_color(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether to use colours: NO_COLOR and then FORCE_COLOR decide, when set to anything.

    See https://no-color.org and https://force-color.org. A dumb terminal gets none.
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return terminal and environment.get("TERM") != "dumb"


def show(text: str, view: View) -> None:
    """Write a report to standard output, what its encoding lacks as backslash escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    writable = text.encode(encoding, "backslashreplace").decode(encoding)
    click.echo(writable, nl=not writable.endswith("\n"), color=view.color)


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


def _can_encode(encoding: str | None) -> bool:
    try:
        BEYOND_ASCII.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
