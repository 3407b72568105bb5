"""A model's modules as the rows of a report: runs of identical ones folded, own work set apart."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from flopscope.costs import Cost
from flopscope.records import ModuleSpec
from flopscope.tree import Node

if TYPE_CHECKING:
    from flopscope.report import View

Kind: TypeAlias = Literal["module", "own"]
"""A module with all that is inside it, or what it runs and holds outside its children."""

OWN_NAME = "(own)"

FEWEST_LEAVES = 3
"""Fewer alike modules without children are not folded: it would hide names to save a line."""


@dataclass(frozen=True)
class Row:
    """One line of a report. Its figures are sums over its modules.

    Attributes:
        name: the module's own name, ``"0-31"`` for a run of modules.
        nodes: the module, or all of an identical kind that are shown as one.
        children: what its figures are made up of; each level adds up to the one above.
        kind: what of the modules it stands for.
    """

    name: str
    nodes: tuple[Node, ...]
    children: tuple[Row, ...] = ()
    kind: Kind = "module"

    @property
    def spec(self) -> ModuleSpec:
        """What the module is; of a run, the first one."""
        return self.nodes[0].spec

    @cached_property
    def calls(self) -> int:
        return sum(node.spec.calls for node in self.nodes)

    @cached_property
    def ran(self) -> bool:
        """Whether it or anything inside it was called."""
        return any(ran(node) for node in self.nodes)

    @property
    def times(self) -> str:
        """How many calls the row sums, where that needs saying: ``"×32"``, ``"×0"``."""
        if self.kind == "own" or self.calls == 1 or (self.ran and not self.calls):
            return ""
        return f"×{self.calls:,}"

    @cached_property
    def cost(self) -> Cost:
        if self.kind == "own":
            return Cost.total(node.own_cost for node in self.nodes)
        return Cost.total(node.cost for node in self.nodes)

    @cached_property
    def params(self) -> int:
        if self.kind == "own":
            return sum(node.spec.params for node in self.nodes)
        return sum(node.params for node in self.nodes)


def ran(node: Node) -> bool:
    """Whether a module or anything inside it was called."""
    return bool(node.spec.calls) or any(ran(child) for child in node.children)


def row_of(root: Node, view: View) -> Row:
    """The row of a model and below it those of its modules, to the view's depth.

    Modules that never ran are left out, unless they hold parameters.
    """
    levels = sys.maxsize if view.depth is None else view.depth
    return _row(root.spec.kind, (root,), levels, _runs if view.fold else _singly)


Siblings: TypeAlias = list[tuple[Node, ...]]
"""Children in order, each as its counterparts in all of a run's modules."""

Group: TypeAlias = Callable[[Siblings], Iterator[tuple[str, tuple[Node, ...]]]]


def _row(name: str, nodes: tuple[Node, ...], levels: int, group: Group) -> Row:
    row = Row(name, nodes)
    if levels == 0 or not row.ran:
        return row
    counterparts = zip(*(node.children for node in nodes), strict=True)
    shown = [children for children in counterparts if ran(children[0]) or children[0].params]
    inside = tuple(_row(*named, levels - 1, group) for named in group(shown))
    own = Row(OWN_NAME, nodes, kind="own")
    return replace(row, children=(*inside, own) if inside else ())


def runs_of(node: Node) -> Iterator[tuple[Node, ...]]:
    """Of a module's children those that are shown as one, in order: each time several."""
    runs = _runs([(child,) for child in node.children])
    return (nodes for _, nodes in runs if len(nodes) > 1)


def _singly(siblings: Siblings) -> Iterator[tuple[str, tuple[Node, ...]]]:
    return ((nodes[0].name, nodes) for nodes in siblings)


def _runs(siblings: Siblings) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """Identical siblings with consecutive numbers together, under the first and the last number."""
    runs: list[Siblings] = []
    for nodes in siblings:
        if runs and _follows(runs[-1][-1][0], nodes[0]):
            runs[-1].append(nodes)
        else:
            runs.append([nodes])
    for run in runs:
        first, last = run[0][0], run[-1][0]
        if len(run) == 1 or (not first.children and len(run) < FEWEST_LEAVES):
            yield from _singly(run)
        else:
            name = f"{first.name}-{_numbered(last.name)[1]}"
            yield name, tuple(itertools.chain.from_iterable(run))


def _follows(previous: Node, node: Node) -> bool:
    (stem, number), (next_stem, next_number) = _numbered(previous.name), _numbered(node.name)
    consecutive = bool(number and next_number) and int(next_number) == int(number) + 1
    return stem == next_stem and consecutive and _nature(previous) == _nature(node)


def _numbered(name: str) -> tuple[str, str]:
    stem = name.rstrip("0123456789")
    return stem, name[len(stem) :]


def _nature(node: Node) -> tuple[object, ...]:
    """All that two modules must have in common to be shown as one."""
    spec = node.spec
    shapes = tuple((out.shape, out.dtype) for out in spec.outputs)
    holds = (spec.params, spec.trainable_params, spec.buffers, spec.param_nbytes)
    inside = tuple((child.name, _nature(child)) for child in node.children)
    return spec.kind, spec.calls, shapes, holds, node.own_cost, inside
