"""Labels and what there is to say under each, as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from flopscope.report.fitting import GAP

NARROWEST = 20
LABELS = len("coverage")


def facts(pairs: Sequence[tuple[str, tuple[str, ...]]], width: int | None) -> Iterator[str]:
    """Labels to the left, and lines of each wrapped beside it.

    Args:
        pairs: a label and its lines.
        width: in cells, or None where nothing is wrapped.
    """
    indent = max(LABELS, *(len(label) for label, _ in pairs)) + GAP if pairs else 0
    room = max((width or 0) - indent, NARROWEST)
    for label, lines in pairs:
        shown = label
        for line in lines:
            for part in textwrap.wrap(line, room) if width else [line]:
                yield f"{shown:<{indent}}{part}"
                shown = ""
