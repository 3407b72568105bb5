"""What other counters say of the same model and input, each asked in a process of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from flopscope.counters.rows import Row, rows
from flopscope.errors import UsageError
from flopscope.measurements import Reading
from flopscope.registry import Registry
from flopscope.request import COUNTER_TIME_LIMIT

if TYPE_CHECKING:
    from torch import nn


class Counter(Protocol):
    """One forward pass as another counter sees it.

    It is given a model in eval mode that it may change, with gradients enabled. Whatever it raises
    becomes the note of a Reading without a value.
    """

    def __call__(
        self, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Reading: ...


class Counters(Registry[Counter]):
    """Counters by their names, each imported the first time it is asked for."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        super().__init__({name: row.where for name, row in rows.items()})
        self._needs = dict(rows)

    def row(self, name: str) -> Row:
        """Where a counter is and what it needs."""
        return self._needs[name]


COUNTERS = Counters(rows())

_PROVIDERS = {"distutils": "setuptools"}
"""Distributions that are not named like the module they provide."""


def installed() -> tuple[str, ...]:
    """The names of the counters that can be asked here."""
    return tuple(name for name in COUNTERS if COUNTERS.row(name).is_installed)


def check_counters(names: Iterable[str]) -> tuple[str, ...]:
    """The names of counters, or of one, each of which there is.

    Raises:
        UsageError: there is no such counter.
    """
    checked = (names,) if isinstance(names, str) else tuple(names)
    for name in checked:
        if name not in COUNTERS:
            raise UsageError(f"no counter {name!r}", hint=f"counters: {', '.join(COUNTERS)}")
    return checked


def read(
    name: str,
    model: nn.Module,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    time_limit: float = COUNTER_TIME_LIMIT,
) -> Reading:
    """Ask one counter about a model, on the device where the model and its inputs are.

    It runs in a process of its own, on one thread, so that whatever it does to the model, to torch
    or to the interpreter stays there. What it says besides its figures is in the notes, as is why
    it failed: that it crashed, say, or took more seconds than the limit.

    The process is a copy of this one where the platform allows it and no card is in use. Elsewhere
    the model is pickled, so that its classes must be in a module that can be imported.

    Raises:
        UsageError: there is no such counter.
    """
    check_counters([name])
    # This loads torch, without which the command line must be able to name the counters.
    from flopscope.counters.asking import ask  # noqa: PLC0415 - see above

    return ask(name, (model, args, dict(kwargs or {})), time_limit)


def no_value(name: str, reason: str) -> Reading:
    """The reading of a counter that gave none."""
    return Reading(name, version="", unit="MACs", value=None, notes=(reason,))


def missing(name: str, error: Exception) -> str:
    """Why a counter cannot be imported, and what to install."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return f"cannot be imported: {type(error).__name__}: {error}".splitlines()[0]
    module = error.name.partition(".")[0]
    row = COUNTERS.row(name)
    if module == row.package:
        return f"not installed: pip install {row.distribution}"
    provider = _PROVIDERS.get(module, module)
    return f"cannot be imported: no module {module!r} (pip install {provider})"


def whole(figure: float) -> int:
    """A count that a counter gives as a float or a numpy number, as the int that it is.

    Raises:
        ValueError: it is not a whole number.
    """
    count = round(figure)
    if count != figure:
        raise ValueError(f"{figure} is not a whole number")
    return count


def tally(counts: Mapping[str, int]) -> str:
    """Names with how often each occurred, the most frequent first: ``"GELU ×12, SiLU"``."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in ordered)
