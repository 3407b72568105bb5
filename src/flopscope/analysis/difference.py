"""Two reports of a model as what was added, removed, renamed and changed between them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from flopscope.analysis.written import Counts, Layer, Written
from flopscope.records import Scope

Kind: TypeAlias = Literal["added", "removed", "renamed", "changed"]

NOTHING = Counts(params=0, macs=0, flops=0, bytes_moved=0)


@dataclass(frozen=True, slots=True)
class Change:
    """A module that isn't in both reports, or not under the same name, or not with the same work.

    Attributes:
        before: in the first report, or None where it was added.
        after: in the second one, or None where it was removed.
    """

    before: Layer | None
    after: Layer | None

    @property
    def kind(self) -> Kind:
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        same = (self.before.kind, self.before.calls) == (self.after.kind, self.after.calls)
        return "renamed" if same and not self.is_work else "changed"

    @property
    def scope(self) -> Scope:
        """Its name, the new one where it has two."""
        layer = self.after or self.before
        assert layer is not None
        return layer.scope

    @property
    def counts(self) -> tuple[Counts, Counts]:
        """What to compare: all of a module that came or went, and the own work of one that stayed.

        So that the differences of all changes add up to that of the model.
        """
        if self.before is not None and self.after is not None:
            return self.before.own, self.after.own
        before = self.before.counts if self.before else NOTHING
        return before, self.after.counts if self.after else NOTHING

    @property
    def is_work(self) -> bool:
        """Whether some figure differs, and not the name alone."""
        before, after = self.counts
        return before != after


@dataclass(frozen=True)
class Difference:
    """What happened to a model between two reports.

    Attributes:
        before: the first report.
        after: the second one.
        changes: modules that came or went, each with all that is inside it, and those that stayed
            under another name or with other work of their own; in the order of the model.
    """

    before: Written
    after: Written
    changes: tuple[Change, ...]

    @cached_property
    def costliest(self) -> tuple[Change, ...]:
        """The changes of work, those that add or take most FLOPs first."""
        work = [change for change in self.changes if change.is_work]
        return tuple(sorted(work, key=_weight, reverse=True))

    @property
    def is_empty(self) -> bool:
        """Whether the reports say the same of every module."""
        return not self.changes


def difference(before: Written, after: Written) -> Difference:
    """Match the modules of two reports, by name and then by structure, and tell what differs.

    Inside modules that are the same, those of the same name are, if that isn't a number under which
    another type stands now, as after one was put in front of it in a list. Of the others, one that
    has the type, figures and inner modules of one that is gone was renamed, and so was the only one
    of its type to come where the only one of that type went. What is left and alike was moved.
    """
    old, new = _Tree(before), _Tree(after)
    pairs = dict(_pairs(old, new))
    for gone, come in _alike(_outermost(old, pairs), _outermost(new, pairs.values()), old, new):
        pairs |= _descend(old, new, gone, come)
    return Difference(before, after, tuple(_changes(old, new, pairs)))


class _Tree:
    """The modules of a report with those inside them."""

    def __init__(self, report: Written) -> None:
        self.layers: Mapping[Scope, Layer] = report.by_scope
        self.children: defaultdict[Scope, list[Scope]] = defaultdict(list)
        for scope in self.layers:
            if scope:
                self.children[scope.rpartition(".")[0]].append(scope)
        self._structures: dict[Scope, str] = {}

    def structure(self, scope: Scope) -> str:
        """All that two modules have in common that are the same but for their names."""
        if scope not in self._structures:
            layer = self.layers[scope]
            inside = [(_name(child), self.structure(child)) for child in self.children[scope]]
            facts = repr((layer.kind, layer.calls, layer.own, inside))
            self._structures[scope] = hashlib.sha256(facts.encode()).hexdigest()
        return self._structures[scope]


def _name(scope: Scope) -> str:
    return scope.rpartition(".")[2]


def _pairs(old: _Tree, new: _Tree) -> dict[Scope, Scope]:
    return _descend(old, new, "", "")


def _descend(old: _Tree, new: _Tree, scope: Scope, other: Scope) -> dict[Scope, Scope]:
    """Two modules that are the same, and the pairs inside them."""
    pairs = {scope: other}
    for inside, other_inside in _same_children(old, new, scope, other):
        pairs |= _descend(old, new, inside, other_inside)
    return pairs


def _same_children(
    old: _Tree, new: _Tree, scope: Scope, other: Scope
) -> Iterator[tuple[Scope, Scope]]:
    gone, come = old.children[scope], new.children[other]
    for pairs_of in (_by_name, _alike, _by_kind, _by_number):
        pairs = dict(pairs_of(gone, come, old, new))
        yield from pairs.items()
        found = set(pairs.values())
        gone = [child for child in gone if child not in pairs]
        come = [child for child in come if child not in found]


def _by_name(
    gone: Iterable[Scope], come: Iterable[Scope], old: _Tree, new: _Tree
) -> Iterator[tuple[Scope, Scope]]:
    """Modules of the same name, but for numbers that have another type now.

    Those may have moved along their list.
    """
    for child, same in _by_number(gone, come, old, new):
        if not _name(child).isdecimal() or old.layers[child].kind == new.layers[same].kind:
            yield child, same


def _by_number(
    gone: Iterable[Scope], come: Iterable[Scope], old: _Tree, new: _Tree
) -> Iterator[tuple[Scope, Scope]]:
    """Modules of the same name, whatever their types: what is left of them are numbers."""
    del old, new
    named = {_name(child): child for child in come}
    return ((child, named[_name(child)]) for child in gone if _name(child) in named)


def _by_kind(
    gone: Sequence[Scope], come: Sequence[Scope], old: _Tree, new: _Tree
) -> Iterator[tuple[Scope, Scope]]:
    """The only ones of their types."""
    kinds = [old.layers[child].kind for child in gone]
    other_kinds = [new.layers[child].kind for child in come]
    for child, kind in zip(gone, kinds, strict=True):
        if kinds.count(kind) == other_kinds.count(kind) == 1:
            yield child, come[other_kinds.index(kind)]


def _alike(
    gone: Iterable[Scope], come: Iterable[Scope], old: _Tree, new: _Tree
) -> Iterator[tuple[Scope, Scope]]:
    """Modules that went with those of the same structure that came, in order."""
    free: defaultdict[str, list[Scope]] = defaultdict(list)
    for scope in come:
        free[new.structure(scope)].append(scope)
    for scope in gone:
        if free[old.structure(scope)]:
            yield scope, free[old.structure(scope)].pop(0)


def _outermost(tree: _Tree, matched: Iterable[Scope]) -> Iterator[Scope]:
    """The modules that have no counterpart, without those inside them."""
    known = set(matched)
    for scope in tree.layers:
        if scope and scope not in known and scope.rpartition(".")[0] in known:
            yield scope


def _changes(old: _Tree, new: _Tree, pairs: Mapping[Scope, Scope]) -> Iterator[Change]:
    """In the order of the second report, what went first."""
    for scope in _outermost(old, pairs):
        yield Change(old.layers[scope], None)
    origin = {other: scope for scope, other in pairs.items()}
    came = set(_outermost(new, origin))
    for scope, layer in new.layers.items():
        if scope in came:
            yield Change(None, layer)
        elif scope in origin:
            before = old.layers[origin[scope]]
            is_renamed = _name(before.scope) != _name(scope) or _parent_differs(
                before, layer, pairs
            )
            if is_renamed or (before.kind, before.calls, before.own) != (
                *(layer.kind, layer.calls),
                layer.own,
            ):
                yield Change(before, layer)


def _parent_differs(before: Layer, after: Layer, pairs: Mapping[Scope, Scope]) -> bool:
    parent = before.scope.rpartition(".")[0]
    return pairs.get(parent) != after.scope.rpartition(".")[0]


def _weight(change: Change) -> tuple[int, int, int]:
    before, after = change.counts
    return (
        abs(after.flops - before.flops),
        abs(after.params - before.params),
        abs(after.bytes_moved - before.bytes_moved),
    )
