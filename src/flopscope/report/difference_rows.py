"""Changes between two reports as the lines that a reader is shown: those that are alike as one."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from flopscope.analysis.difference import Change, Difference
from flopscope.records import Scope
from flopscope.units import format_quantity

SHOWN = 20
"""Lines that a reader is shown; JSON has every change."""

SIGNS = {"added": "+", "removed": "-", "renamed": ">", "changed": "~"}

_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")
"""A name that is a number, as of a module in a list."""

MOST_RANGES = 3
"""Of numbers that are written out; of more, the first and the last."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a change adds of something, as a column.

    Attributes:
        title: what stands above it.
        unit: of its values, or "" for a count.
        added: by a change; less than zero where it takes some away.
    """

    title: str
    unit: str
    added: Callable[[Change], int]


FIGURES = (
    Figure("Params", "", lambda change: change.counts[1].params - change.counts[0].params),
    Figure("MACs", "", lambda change: change.counts[1].macs - change.counts[0].macs),
    Figure("FLOPs", "", lambda change: change.counts[1].flops - change.counts[0].flops),
    Figure(
        "Moved", "B", lambda change: change.counts[1].bytes_moved - change.counts[0].bytes_moved
    ),
)


@dataclass(frozen=True, slots=True)
class Group:
    """A change, or several that differ by their places in lists of modules alone.

    Attributes:
        name: the module, with its new name where it has one: ``"blocks.0-11.up"``.
        changes: in the order of the model.
    """

    name: str
    changes: tuple[Change, ...]

    @property
    def sign(self) -> str:
        return SIGNS[self.changes[0].kind]

    @property
    def label(self) -> str:
        """The name, and of how many modules it is: ``"blocks.0-11.up ×12"``."""
        return f"{self.name} ×{len(self.changes)}" if len(self.changes) > 1 else self.name

    @property
    def type(self) -> str:
        """The modules' type, and their new one where they have one."""
        return _type(self.changes[0])

    @property
    def is_work(self) -> bool:
        """Whether some figure differs, and not the name alone."""
        return self.changes[0].is_work

    def added(self, figure: Figure) -> int:
        """By all of the modules together."""
        return sum(map(figure.added, self.changes))

    def text(self, figure: Figure) -> str:
        """The same for a reader."""
        return signed(self.added(figure), figure.unit, decimals=2)


def signed(amount: float, unit: str = "", decimals: int | None = None) -> str:
    """A difference with its sign: ``"+1.20 M"``."""
    if not amount:
        return "="
    return f"{'+' if amount > 0 else ''}{format_quantity(amount, unit, decimals)}"


def shown_groups(found: Difference) -> tuple[tuple[Group, ...], int]:
    """The costliest changes, then those of names; and of how many modules there are more."""
    groups = groups_of(found.changes)
    shown = groups[:SHOWN]
    return shown, len(found.changes) - sum(len(group.changes) for group in shown)


def figures_of(groups: Iterable[Group]) -> tuple[Figure, ...]:
    """The figures that any of the groups changes."""
    known = tuple(groups)
    return tuple(figure for figure in FIGURES if any(group.added(figure) for group in known))


def groups_of(changes: Iterable[Change]) -> tuple[Group, ...]:
    """The changes, alike ones together: those first that add or take most FLOPs, then names."""
    alike: defaultdict[tuple[object, ...], list[Change]] = defaultdict(list)
    for change in changes:
        alike[change.kind, _type(change), change.counts, _pattern(change)].append(change)
    groups = [group for each in alike.values() for group in _groups(each)]
    return tuple(sorted(groups, key=_weight, reverse=True))


def _groups(changes: Sequence[Change]) -> Iterator[Group]:
    """A group where the modules are at all the places that its name tells, or else several."""
    places = [sorted(set(at)) for at in zip(*map(_numbers, changes), strict=True)]
    if math.prod(map(len, places)) == len(changes):
        yield Group(_name(changes[0], [_ranges(at) for at in places]), tuple(changes))
        return
    first = next(place for place, at in enumerate(places) if len(at) > 1)
    for number in places[first]:
        yield from _groups([each for each in changes if _numbers(each)[first] == number])


def _numbers(change: Change) -> tuple[int, ...]:
    """The module's places in the lists that it is in."""
    return tuple(int(number) for number in _NUMBER.findall(change.scope))


def _pattern(change: Change) -> tuple[str, ...]:
    """The module's names but for those places, if a renaming left them as they were."""
    scopes = _scopes(change)
    if len({tuple(_NUMBER.findall(scope)) for scope in scopes}) > 1:
        return scopes
    return tuple(_NUMBER.sub("*", scope) for scope in scopes)


def _scopes(change: Change) -> tuple[Scope, ...]:
    """The module's name, or its old and its new one."""
    layers = (change.before, change.after)
    return tuple(dict.fromkeys(layer.scope for layer in layers if layer is not None))


def _name(change: Change, numbers: Sequence[str]) -> str:
    scopes = _scopes(change)
    if len({tuple(_NUMBER.findall(scope)) for scope in scopes}) == 1:
        scopes = tuple(_numbered(scope, numbers) for scope in scopes)
    return " → ".join(scope or "the model itself" for scope in scopes)


def _numbered(scope: Scope, numbers: Sequence[str]) -> str:
    given = iter(numbers)
    return _NUMBER.sub(lambda _: next(given), scope)


def _ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers as a reader knows them: ``"0-11"``, ``"0,2"``, ``"0,2,…,22"``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    written = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    if len(written) > MOST_RANGES:
        written = [*written[: MOST_RANGES - 1], "…", written[-1]]
    return ",".join(written)


def _type(change: Change) -> str:
    kinds = dict.fromkeys(layer.kind for layer in (change.before, change.after) if layer)
    return " → ".join(kinds)


def _weight(group: Group) -> tuple[int, ...]:
    params, _, flops, moved = (abs(group.added(figure)) for figure in FIGURES)
    return group.is_work, flops, params, moved
