"""What other counters say of the same model and input, each asked on a copy that it may spoil."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from flopscope.counters.listening import listening
from flopscope.errors import FlopscopeError, UsageError
from flopscope.measurements import Reading
from flopscope.registry import Registry

if TYPE_CHECKING:
    from torch import nn


class Counter(Protocol):
    """One forward pass as another counter sees it.

    It is given a model in eval mode that it may change, under ``no_grad``. Whatever it raises
    becomes the note of a Reading without a value.
    """

    def __call__(
        self, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Reading: ...


COUNTERS: Registry[Counter] = Registry(
    {
        "fvcore": "flopscope.counters.fvcore:count",
        "thop": "flopscope.counters.thop:count",
    }
)

_PROVIDERS = {"distutils": "setuptools"}
"""Distributions that are not named like the module they provide."""


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
) -> Reading:
    """Ask one counter about a model, on the device where the model and its inputs are.

    The model, the inputs, the random state, logging and warnings are left as found, and nothing is
    printed. What the counter says besides its figures is in the notes, as is why it failed.

    Raises:
        UsageError: there is no such counter.
    """
    check_counters([name])
    with listening(package=name) as said:
        reading = _ask(name, model, args, kwargs or {})
    return replace(reading, notes=reading.notes + tuple(said))


def _ask(name: str, model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    try:
        count = COUNTERS[name]
    except ImportError as error:
        return _no_value(name, _missing(error))
    # This loads torch, without which the command line must be able to name the counters.
    from flopscope.guest import disposable, undisturbed  # noqa: PLC0415 - see above

    try:
        with undisturbed():
            copied, copied_args, copied_kwargs = disposable(model, args, kwargs)
            return count(copied.eval(), copied_args, copied_kwargs)
    except FlopscopeError as error:
        return _no_value(name, error.message)
    except Exception as error:  # noqa: BLE001 - a counter is foreign code that runs foreign code
        return _no_value(name, f"{type(error).__name__}: {error}".splitlines()[0])


def _no_value(name: str, reason: str) -> Reading:
    return Reading(name, version="", unit="MACs", value=None, notes=(reason,))


def _missing(error: ImportError) -> str:
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return f"cannot be imported: {error}"
    module = error.name.partition(".")[0]
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
