"""Colours that tell classes of modules apart, the same in every picture of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flopscope.report.weights import Weight

if TYPE_CHECKING:
    from flopscope.report import Report

COLORS = (
    "#8ecae6",
    "#f6bd60",
    "#a3d9a5",
    "#f5a3a3",
    "#c9b6e4",
    "#f2a6d0",
    "#7fd1c7",
    "#d9c48f",
)
"""Black text on any of them has a contrast of at least 7 (WCAG 2.2, AAA)."""

OTHER, HOLDER = "#c8ccd1", "#e3e6ea"
"""Of classes for which no colour is left, and of those that weigh nothing themselves."""


def classes_of(report: Report, weight: Weight) -> Mapping[str, str]:
    """A style class for each class of modules: a colour of its own for those that weigh most.

    Modules that hold others are plain, so that what does the work stands out.
    """
    weights: dict[str, float] = {}
    for node in report.modules.values():
        own = 0 if node.children else weight.own(node, report)
        weights[node.spec.kind] = weights.get(node.spec.kind, 0) + own
    heaviest = sorted((kind for kind in weights if weights[kind]), key=lambda kind: -weights[kind])
    named = {
        kind: f"k{place}" if place < len(COLORS) else "other" for place, kind in enumerate(heaviest)
    }
    return {kind: named.get(kind, "holder") for kind in weights}


def rules(*properties: str) -> str:
    """The style sheet of these classes, by the properties that give a shape its colour."""
    colors = {f"k{place}": color for place, color in enumerate(COLORS)}
    colors |= {"other": OTHER, "holder": HOLDER}
    return "".join(
        f".{name}{{{';'.join(f'{each}:{color}' for each in properties)}}}"
        for name, color in colors.items()
    )
