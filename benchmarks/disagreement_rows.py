"""What the benchmark of disagreements knows of a model and a counter, and where that is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flopscope.analysis.reconciliation import Reconciliation, Term


@dataclass(frozen=True)
class Comparison:
    """How what a counter printed comes out of our figure.

    Attributes:
        ours, printed, remainder: in the counter's unit.
        terms: amount, how many calls or modules, of what, why.
        remainders: where what is left over sits.
    """

    ours: int
    printed: int | None
    terms: list[tuple[int, int, str, str]]
    remainder: int | None
    remainders: list[tuple[str, int]]

    @classmethod
    def of(cls, found: Reconciliation) -> Comparison:
        left = [(remainder.scope, remainder.amount) for remainder in found.remainders]
        terms = list(map(_in_words, found.terms))
        return cls(found.ours, found.printed, terms, found.remainder, left)


@dataclass(frozen=True)
class Row:
    """What a counter said of a model, and how that comes out of what we say.

    Attributes:
        modules: how many modules it gives a figure of.
        modules_off: those of them whose figure isn't the one that its convention gives.
    """

    chosen: str
    model: str
    counter: str
    version: str = ""
    unit: str = ""
    macs: Comparison | None = None
    params: Comparison | None = None
    modules: int = 0
    modules_off: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _in_words(term: Term) -> tuple[int, int, str, str]:
    return term.amount, term.calls, term.what, term.cause.value


def read_rows(path: Path) -> list[Row]:
    """The rows of a file, if it is there."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [row_of(json.loads(line)) for line in file]


def row_of(entry: dict[str, Any]) -> Row:
    """A row as it was written."""
    for name in ("macs", "params"):
        if entry[name] is not None:
            entry[name] = Comparison(**entry[name])
    return Row(**entry)
