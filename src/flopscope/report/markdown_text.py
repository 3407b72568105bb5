"""Text and tables in GitHub's Markdown, in which nothing that is said can be taken for markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from flopscope.report.characters import printable, shorten

LONGEST = 300
"""Characters of one thing that is said: a name or a note may be of any length."""

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$]|:(?=//|\w+:)|(?<=www)\.|[@#](?=\w)")
"""What means something within a line: emphasis, links, tags, cells, formulas, emoji, mentions."""


def plain(text: str) -> str:
    """The text so that Markdown shows it as it is: no links, mentions, tags or emphasis."""
    return _MARKUP.sub(_harmless, shorten(printable(text), LONGEST))


def code(text: str) -> str:
    """The text in a fixed-width font, blanks and all."""
    shown = shorten(printable(text), LONGEST)
    return f"<code>{_MARKUP.sub(_reference, shown).replace(' ', '&nbsp;')}</code>" if shown else ""


def table(titles: Sequence[str], in_words: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; columns in words begin at the left."""
    lines = [
        _line(titles),
        _line(["---" if words else "--:" for words in in_words]),
        *map(_line, rows),
    ]
    return "\n".join(lines)


def folded(summary: str, content: str) -> str:
    """Content that opens when its summary is clicked at."""
    return f"<details><summary>{plain(summary)}</summary>\n\n{content}\n\n</details>"


def fitted(sections: Iterable[tuple[str, str]], most_bytes: int) -> Iterator[str]:
    """The sections that there is room for, each with its name, and the names of the others."""
    left_out = []
    room = most_bytes - LONGEST
    for name, section in sections:
        size = len(f"{section}\n\n".encode())
        if size <= room:
            room -= size
            yield section
        else:
            left_out.append(name)
    if left_out:
        yield f"*Left out, for there is no room: {', '.join(left_out)}.*"


def _harmless(found: re.Match[str]) -> str:
    """A reference to the character; GitHub looks for people and issues in any text but code."""
    character = found[0]
    return f"<code>{character}</code>" if character in "@#" else _reference(found)


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
