"""Operators in the order in which they ran, each in some module, to the calls of those modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Ref:
    """In the place of a value: the name of the operator that makes it, or of an input."""

    name: str


@dataclass(frozen=True, slots=True)
class State:
    """In the place of a parameter, a buffer or a constant: its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Inner:
    """In the place of a function that an operator is given.

    Attributes:
        body: what it runs.
        is_single: whether it returns one value and not a tuple.
    """

    body: Body
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One call of a module: ``key`` tells it from its other calls."""

    key: str
    scope: str


@dataclass(frozen=True, slots=True)
class Step:
    """One operator.

    Attributes:
        name: of its result.
        target: what is called.
        args, kwargs: with what, :class:`Ref`, :class:`State` and :class:`Inner` among it.
        path: the calls of modules that it ran in, the outermost first; the model is not among them.
        floats: whether it is bookkeeping that may happen in any module, such as reading a size.
        autocast: the device type, dtype and whether it is enabled, or None outside of autocast.
    """

    name: str
    target: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[Entry, ...] = ()
    floats: bool = False
    autocast: tuple[str, Any, bool] | None = None

    def needs(self) -> set[str]:
        """The names of the values that it is given."""
        return set(refs((self.args, self.kwargs)))


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a module inside another.

    Attributes:
        scope: of the module.
        body: what it does.
    """

    scope: str
    body: Body

    def needs(self) -> set[str]:
        """The names of the values that it is given."""
        return set(self.body.takes)


@dataclass(frozen=True, slots=True)
class Body:
    """What one call of a module does.

    Attributes:
        takes: names of the values that it is given.
        does: in order, each with the names of the values that nothing needs after it.
        gives: what it returns: the values that are needed outside.
    """

    takes: tuple[str, ...]
    does: tuple[tuple[Step | Call, tuple[str, ...]], ...]
    gives: tuple[Any, ...]

    def __deepcopy__(self, _memo: object) -> Body:
        return self


Made: TypeAlias = "Step | Call"


def refs(values: Any) -> Iterator[str]:
    """The names of the values among an operator's arguments, also inside lists and mappings."""
    if isinstance(values, Ref):
        yield values.name
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from refs(value)
    elif isinstance(values, Mapping):
        yield from refs(list(values.values()))


def body_of(
    steps: Sequence[Step], takes: Iterable[str], gives: tuple[Any, ...], depth: int = 0
) -> Body:
    """What a call does, with the steps of the modules inside it as calls of theirs.

    Args:
        steps: all that happens in it.
        takes: the names of what it is given.
        gives: what it returns.
        depth: how many modules it is inside of.
    """
    does: list[Made] = []
    # What is needed after each step, from the end: a value is given by whom it outlives.
    needed_after: list[set[str]] = [set(refs(gives))]
    for step in reversed(steps):
        needed_after.append(needed_after[-1] | step.needs())
    needed_after.reverse()
    start = 0
    while start < len(steps):
        end = _end_of_call(steps, start, depth)
        if end is None:
            does.append(steps[start])
            start += 1
            continue
        inside = steps[start:end]
        made = [step.name for step in inside]
        needed = set().union(*(step.needs() for step in inside)) - set(made)
        given = [name for name in made if name in needed_after[end]] or made[-1:]
        body = body_of(inside, sorted(needed), tuple(map(Ref, given)), depth + 1)
        does.append(Call(steps[start].path[depth].scope, body))
        start = end
    return Body(tuple(takes), tuple(_with_last_uses(does, gives)), gives)


def _end_of_call(steps: Sequence[Step], start: int, depth: int) -> int | None:
    """Behind the last step of the call that begins here; None where none begins."""
    first = steps[start]
    if first.floats or len(first.path) <= depth:
        return None
    entry = first.path[depth]
    end = start + 1
    for place in range(start + 1, len(steps)):
        step = steps[place]
        if len(step.path) > depth and step.path[depth] == entry:
            end = place + 1
        elif not step.floats:
            break
    return end


def _with_last_uses(
    does: Sequence[Made], gives: tuple[Any, ...]
) -> Iterator[tuple[Made, tuple[str, ...]]]:
    kept = set(refs(gives))
    dying: list[tuple[str, ...]] = []
    for made in reversed(does):
        known = made.needs()
        if isinstance(made, Step):
            known.add(made.name)
        else:
            known |= set(refs(made.body.gives))
        dying.append(tuple(known - kept))
        kept |= known
    yield from zip(does, reversed(dying), strict=True)
