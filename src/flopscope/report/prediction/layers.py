"""A model's modules with the time that each is predicted to take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flopscope.analysis.prediction.spent import Spent, spent_by_scope
from flopscope.analysis.prediction.workload import Outlook
from flopscope.records import Scope
from flopscope.report import View
from flopscope.report.rows import Row, row_of


@dataclass(frozen=True, slots=True)
class Layer:
    """A module, or a run of identical ones.

    Attributes:
        scope: of the module, or of the first one.
        name: its own, behind the strokes that lead to it from the one that it is in.
        kind: its class, or "" of what a module runs outside its children.
        spent: the time of all kernels in it.
    """

    scope: Scope
    name: str
    kind: str
    spent: Spent


def layers(outlook: Outlook, view: View) -> tuple[Layer, ...]:
    """The modules in which any kernel runs, the model first, to the view's depth."""
    own = spent_by_scope(outlook.prediction.stream)
    root = row_of(outlook.workload.profile.root, view)
    whole = Layer("", root.name, root.spec.kind, _spent(root, own))
    return (whole, *_inside(root, "", own))


def _inside(row: Row, guides: str, own: Mapping[Scope, Spent]) -> Iterator[Layer]:
    shown = [(child, _spent(child, own)) for child in row.children]
    shown = [(child, spent) for child, spent in shown if spent.kernels]
    for place, (child, spent) in enumerate(shown):
        is_last = place == len(shown) - 1
        name = f"{guides}{'└─ ' if is_last else '├─ '}{child.name} {child.times}".rstrip()
        kind = child.spec.kind if child.kind == "module" else ""
        yield Layer(child.spec.scope, name, kind, spent)
        yield from _inside(child, guides + ("   " if is_last else "│  "), own)


def _spent(row: Row, own: Mapping[Scope, Spent]) -> Spent:
    nodes = row.nodes if row.kind == "own" else (each for node in row.nodes for each in node.walk())
    return Spent.total(own.get(node.scope, Spent()) for node in nodes)
