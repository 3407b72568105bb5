"""The word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like a word, or None when none is close.

    Letter case counts only between candidates that differ in nothing else.
    """
    by_lower: dict[str, list[str]] = {}
    for candidate in candidates:
        by_lower.setdefault(candidate.lower(), []).append(candidate)
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return difflib.get_close_matches(word, by_lower[close[0]], n=1, cutoff=0)[0] if close else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``"did you mean 'stride'?"``, or ``""`` when no candidate is close."""
    meant = closest(word, candidates)
    return f"did you mean '{meant}'?" if meant else ""
