"""Columns of text into a given width: how wide each one gets, and which are left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GAP = 2
"""Blank cells between two columns."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a column asks for.

    Attributes:
        natural: the width that shows all of it.
        least: the width that it can be shortened to.
        importance: the least important column is left out first.
    """

    natural: int
    least: int
    importance: int


def fit(needs: Mapping[str, Needs], width: int | None) -> dict[str, int]:
    """The widths of the columns that fit, by name; the first column always does.

    Space that is left after every column has its least goes to the first one that was shortened.
    """
    if width is None:
        return {name: need.natural for name, need in needs.items()}
    first, *others = needs
    while others and _total([needs[name].least for name in (first, *others)]) > width:
        others.remove(min(others, key=lambda name: needs[name].importance))
    widths = {name: needs[name].least for name in (first, *others)}
    for name in widths:
        left = max(0, width - _total(list(widths.values())))
        widths[name] += min(left, needs[name].natural - needs[name].least)
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def align(cells: Sequence[str]) -> list[str]:
    """Numbers padded so that their decimal points stand below each other."""
    wholes = [re.split(r"[.\s%]", cell, maxsplit=1)[0] for cell in cells]
    rests = [cell[len(whole) :] for cell, whole in zip(cells, wholes, strict=True)]
    left, right = max(map(len, wholes), default=0), max(map(len, rests), default=0)
    return [f"{whole:>{left}}{rest:<{right}}" for whole, rest in zip(wholes, rests, strict=True)]
