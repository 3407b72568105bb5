"""Every module of a report as a row of its own, for formats that programs read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flopscope.report.columns import column_named
from flopscope.report.outline import rank
from flopscope.report.rows import Row
from flopscope.tree import Node

if TYPE_CHECKING:
    from flopscope.report import Report, View


def modules_of(report: Report, view: View) -> Iterator[Row]:
    """A row for each module to the view's depth, parents first, siblings in the view's order.

    None is folded into others, and those that were not called are there as well.
    """
    order = column_named(view.sort, report) if view.sort else None

    def inside(node: Node, level: int) -> Iterator[Row]:
        yield Row(node.name or node.spec.kind, (node,))
        if view.depth is not None and level >= view.depth:
            return
        children = list(node.children)
        if order is not None:
            children.sort(key=lambda child: rank(order, Row(child.name, (child,)), report))
        for child in children:
            yield from inside(child, level + 1)

    return inside(report.profile.root, 0)
