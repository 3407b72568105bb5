"""Many modules in few words: those that differ in numbers alone as one pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from flopscope.records import Scope

MOST_PATTERNS = 3
"""Patterns that are shown; the JSON names all modules."""

_NUMBERS = re.compile(r"(\d+)")


def patterns(scopes: Iterable[Scope]) -> tuple[str, ...]:
    """The modules in order: ``"layers.*.norm ×12"`` for those that differ in a number."""
    alike: dict[tuple[str, ...], list[Sequence[str]]] = {}
    for scope in dict.fromkeys(scopes):
        parts = _NUMBERS.split(scope)
        alike.setdefault(tuple(parts[::2]), []).append(parts[1::2])
    return tuple(_pattern(words, numbers) for words, numbers in alike.items())


def places(scopes: Iterable[Scope]) -> tuple[str, ...]:
    """The first few patterns, and how many modules are not among them."""
    shown = patterns(scopes)
    if len(shown) <= MOST_PATTERNS:
        return shown
    return (*shown[: MOST_PATTERNS - 1], f"{len(shown) - MOST_PATTERNS + 1} more such patterns")


def _pattern(words: Sequence[str], numbers: Sequence[Sequence[str]]) -> str:
    """The words with the numbers between them, a star in the place of those that vary."""
    shown = [each[0] if len(set(each)) == 1 else "*" for each in zip(*numbers, strict=True)]
    between = [*shown, ""]
    text = "".join(map("".join, zip(words, between, strict=True)))
    count = f" ×{len(numbers)}" if len(numbers) > 1 else ""
    return f"{text or 'the model itself'}{count}"
