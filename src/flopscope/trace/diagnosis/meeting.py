"""Operands of one operator that do not go together: the sizes in which they differ."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from flopscope.trace.diagnosis.finding import Finding
from flopscope.trace.diagnosis.misfits import Shape, Sizes
from flopscope.trace.diagnosis.scene import Scene

_PRODUCTS = frozenset(f"aten.{name}" for name in ("matmul", "mm", "bmm", "mv", "dot"))


def differing_sizes(scene: Scene) -> Finding | None:
    """The first sizes of two operands that should be the same and are not."""
    shapes = [spec.shape for spec in scene.shapes]
    if scene.op in _PRODUCTS:
        pairs = _inner(*shapes) if len(shapes) == 2 else iter(())
    elif scene.is_pointwise:
        pairs = _broadcast(shapes)
    else:
        return None
    for first, second in pairs:
        misfits = (Sizes(second, first), Sizes(first, second))
        return Finding(f"{first} and {second} do not go together", misfits=misfits)
    return None


def _inner(first: Shape, second: Shape) -> Iterator[tuple[int, int]]:
    if first and second:
        columns, rows = first[-1], second[-2 if len(second) > 1 else -1]
        if columns != rows:
            yield columns, rows


def _broadcast(shapes: list[Shape]) -> Iterator[tuple[int, int]]:
    for first, second in itertools.combinations(shapes, 2):
        for a, b in zip(reversed(first), reversed(second), strict=False):
            if a != b and 1 not in (a, b):
                yield a, b
