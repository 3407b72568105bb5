"""Stdout is kept for the report, and told what it can show."""

from __future__ import annotations

import errno
import io
import os
import sys

import pytest

from flopscope.cli.terminal import narration, open_streams, show, stdout_reserved
from flopscope.errors import FlopscopeError


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal, or not, with an encoding."""

    def __init__(self, *, is_terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal

    def written(self) -> bytes:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue()


def test_a_character_that_the_encoding_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = Terminal(is_terminal=False, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)

    show("Größe", color=False)

    assert stdout.written() == rb"Gr\xf6\xdfe" + os.linesep.encode()


def test_a_full_disk_is_an_error_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Terminal):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full(is_terminal=False))

    with pytest.raises(FlopscopeError, match="standard output: No space left on device"):
        show("the report", color=False)


def test_a_stream_that_was_closed_at_the_start_swallows_what_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    open_streams()

    with sys.stdout as stdout:
        assert stdout.name == os.devnull


def test_whatever_is_printed_while_stdout_is_reserved_goes_to_stderr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with stdout_reserved():
        sys.stdout.write("from Python\n")
        os.write(1, b"from a library\n")
    sys.stdout.write("the report\n")

    out, err = capfd.readouterr()
    assert out == "the report\n"
    assert sorted(err.splitlines()) == ["from Python", "from a library"]


def test_stdout_is_given_back_after_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), stdout_reserved():
        raise ZeroDivisionError
    os.write(1, b"the report\n")

    assert capfd.readouterr().out == "the report\n"


def test_nothing_is_narrated_where_nobody_watches(capfd: pytest.CaptureFixture[str]) -> None:
    with narration() as progress:
        progress("counting")

    assert capfd.readouterr() == ("", "")


def test_a_step_is_shown_to_who_watches_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = Terminal(is_terminal=True)
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")

    with narration() as progress:
        progress("building pkg:Net[int]")

    assert b"building pkg:Net[int]" in stderr.written()
