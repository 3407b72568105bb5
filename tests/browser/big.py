"""A report of some twenty thousand modules, written by hand."""

from __future__ import annotations

from dataclasses import replace

from flopscope.costs import Cost
from flopscope.report import Report
from flopscope.tree import Node, OperatorTotal, Profile
from tests.unit.report.samples import SAMPLES, linear, module

STAGES, BLOCKS, LAYERS = 40, 50, 9
MODULES = 1 + STAGES * (1 + BLOCKS * (1 + LAYERS))
"""20,041"""

ROWS, WIDE = (1, 128), 64


def big_report() -> Report:
    """Stages of blocks of linear layers, each wider than the one before."""
    stages = tuple(
        _holding(f"stage{stage}", "Stage", *(_block(f"stage{stage}.{i}", i) for i in range(BLOCKS)))
        for stage in range(STAGES)
    )
    root = _holding("", "Synthetic", *stages)
    operators = (OperatorTotal("aten.linear", "counted", STAGES * BLOCKS * LAYERS, root.cost),)
    sample = SAMPLES["language_model"]
    return replace(sample, target="synthetic:Net", profile=Profile(root, operators))


def _block(scope: str, number: int) -> Node:
    layers = (
        linear(
            f"{scope}.layer{i}",
            ROWS,
            WIDE + 8 * (number % 7),
            WIDE * (1 + i),
            params=WIDE * (1 + i),
        )
        for i in range(LAYERS)
    )
    return _holding(scope, f"Block{number % 5}", *layers)


def _holding(scope: str, kind: str, *children: Node) -> Node:
    return module(scope, kind, (*ROWS, WIDE), own=Cost(other_flops=1000), children=children)
