"""What completion offers as the values of arguments and options that click knows no choices of.

Each offer is called with what was typed of a value, and imports what it needs when it is called.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeAlias

import click

from flopscope.errors import FlopscopeError

Offer: TypeAlias = Callable[[click.Context, click.Parameter, str], list[str]]

_COUNT = re.compile(r"(?P<count>\d+\s*x\s*)(?P<name>.*)", re.IGNORECASE)


def targets(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Modules, what is in them, models of libraries, and files."""
    del ctx, param
    from flopscope.load.listing import targets as listed  # noqa: PLC0415 - see above

    return listed(typed)


def sides(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Targets, revisions behind an ``@``, and files of reports."""
    from flopscope.load.listing.files import reports  # noqa: PLC0415 - see above

    target, at, revision = typed.rpartition("@")
    if at and ":" in target:
        return [f"{target}@{name}" for name in _branches() if name.startswith(revision)]
    return [*reports(typed), *targets(ctx, param, typed)]


def optimizers(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """The optimizers of torch by name, and targets."""
    from flopscope.load.listing.libraries import optimizers as listed  # noqa: PLC0415 - see above

    return [*listed(typed), *(targets(ctx, param, typed) if typed else ())]


def tasks(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """The tasks that transformers has heads for."""
    del ctx, param
    from flopscope.load.listing.libraries import tasks as listed  # noqa: PLC0415 - see above

    return list(listed(typed))


def one_of(names: Iterable[str]) -> Offer:
    """One of these names."""
    names = tuple(names)
    return _beginning(lambda: names)


def several_of(names: Iterable[str], before: str = "") -> Offer:
    """Some of these names between commas, none of them twice.

    Args:
        names: all of them.
        before: a character that each may have in front.
    """
    names = tuple(names)

    def offered(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
        del ctx, param
        done, comma, beginning = typed.rpartition(",")
        sign = before if before and beginning.startswith(before) else ""
        given = {name.lstrip(before) for name in done.split(",")}
        every = (f"{sign}{name}" for name in names if name not in given)
        return [f"{done}{comma}{name}" for name in every if name.startswith(beginning)]

    return offered


def _beginning(names: Callable[[], Iterable[str]]) -> Offer:
    def offered(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
        del ctx, param
        return [name for name in names() if name.startswith(typed)]

    return offered


def _dtypes() -> Iterable[str]:
    from flopscope.load.inputs import ALIASES, DTYPES  # noqa: PLC0415 - see above

    return chain(ALIASES, DTYPES)


def _budgets() -> Iterable[str]:
    from flopscope.load.budgets import read_budgets  # noqa: PLC0415 - see above

    try:
        return [budget.name for budget in read_budgets().budgets]
    except FlopscopeError:
        return ()


def _branches() -> Sequence[str]:
    """The branches and tags of the repository around the working directory."""
    command = ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, text=True)
    except OSError:
        return ()
    return done.stdout.split()


dtypes = _beginning(_dtypes)
budgets = _beginning(_budgets)
revisions = _beginning(_branches)
places = one_of(("auto", "cpu", "cuda", "cuda:0"))
"""Where torch runs something."""


def devices(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """Names in the table of devices, in any case, perhaps with how many of them in front."""
    del ctx, param
    from flopscope.devices import devices as table  # noqa: PLC0415 - see above

    counted = _COUNT.fullmatch(typed)
    count, beginning = (counted["count"], counted["name"]) if counted else ("", typed)
    names = (device.name for device in table())
    return [f"{count}{name}" for name in names if name.lower().startswith(beginning.lower())]


def several_devices(ctx: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """The same names between commas, in any case."""
    done, comma, beginning = typed.rpartition(",")
    names = devices(ctx, param, beginning.strip())
    return [f"{done}{comma}{name}" for name in names]
