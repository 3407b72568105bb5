"""What a stream can show."""

from __future__ import annotations

import io

import pytest

from flopscope.report.terminal import Screen, screen_of


class Stream(io.StringIO):
    def __init__(self, encoding: str | None, *, terminal: bool) -> None:
        super().__init__()
        self._encoding, self._terminal = encoding, terminal

    @property
    def encoding(self) -> str | None:
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


TERMINAL, PIPE = Stream("utf-8", terminal=True), Stream("utf-8", terminal=False)


def test_a_terminal_has_a_width_and_colours(monkeypatch):
    monkeypatch.setenv("COLUMNS", "132")
    assert screen_of(TERMINAL, {"TERM": "xterm"}) == Screen(width=132, color=True, ascii=False)


def test_a_pipe_has_neither():
    assert screen_of(PIPE, {}) == Screen(width=None, color=False, ascii=False)


@pytest.mark.parametrize(
    ("stream", "environ", "color"),
    [
        (TERMINAL, {"NO_COLOR": "1"}, False),
        (TERMINAL, {"NO_COLOR": ""}, True),
        (TERMINAL, {"TERM": "dumb"}, False),
        (PIPE, {"FORCE_COLOR": "1"}, True),
        (PIPE, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_the_environment_decides_about_colour(stream, environ, color):
    assert screen_of(stream, environ).color is color


@pytest.mark.parametrize(
    ("encoding", "ascii_only"),
    [("utf-8", False), ("UTF-16", False), ("ascii", True), ("latin-1", True), ("cp1252", True)],
)
def test_an_encoding_that_lacks_the_strokes_gets_ascii(encoding, ascii_only):
    assert screen_of(Stream(encoding, terminal=False), {}).ascii is ascii_only


def test_a_stream_in_memory_holds_any_character():
    assert screen_of(Stream(None, terminal=False), {}).ascii is False
