"""Text from anywhere as one clean line, and in ASCII where nothing else can be shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flopscope.report import View

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

_IN_ASCII = str.maketrans(
    {
        "×": "x",
        "±": "+-",
        "·": "-",
        "≥": ">=",
        "≠": "!=",
        "µ": "u",
        "…": "...",
        "─": "-",
        "│": "|",
        "├": "|",
        "└": "`",
        "┤": "+",
        "┬": "+",
        "—": "-",
    }
)


def spelling(view: View) -> Callable[[str], str]:
    """What makes any text fit to be shown in a view."""
    return to_ascii if view.ascii else printable


def printable(text: str) -> str:
    """The text on one line, without terminal codes or control characters."""
    if text.isprintable():
        return text
    one_line = " ".join(_ESCAPE.sub("", text).splitlines())
    return "".join(character if character.isprintable() else " " for character in one_line)


def to_ascii(text: str) -> str:
    """The text with what is not ASCII replaced by its nearest spelling, or else by its code."""
    if text.isascii():
        return printable(text)
    return printable(text).translate(_IN_ASCII).encode("ascii", "backslashreplace").decode()


def referenced(text: str, view: View) -> str:
    """HTML, XML or Markdown as a view shows it: in ASCII other characters are references."""
    return text.encode("ascii", "xmlcharrefreplace").decode() if view.ascii else text


def shorten(text: str, width: int, ellipsis: str = "…") -> str:
    """The text in at most so many characters: its beginning and its end, where it does not fit."""
    if len(text) <= width:
        return text
    kept = max(width - len(ellipsis), 2)
    return text[: (kept + 1) // 2] + ellipsis + text[len(text) - kept // 2 :]
