"""The word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like a word, letter case aside, or None when none is close."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``"did you mean 'stride'?"``, or ``""`` when no candidate is close."""
    meant = closest(word, candidates)
    return f"did you mean '{meant}'?" if meant else ""
