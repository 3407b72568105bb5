"""Formulas from other distributions, by the entry points that these declare."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from flopscope.errors import FlopscopeError

GROUP = "flopscope.formulas"


def load() -> None:
    """Import every module that an installed distribution names in the group.

    Importing it registers its formulas, with ``@flopscope.formula``.

    Raises:
        FlopscopeError: one of them cannot be imported.
    """
    for entry in entry_points(group=GROUP):
        _load(entry)


def _load(entry: EntryPoint) -> None:
    try:
        entry.load()
    except Exception as error:  # a plugin is foreign code
        owner = entry.dist.name if entry.dist else "an installed distribution"
        raise FlopscopeError(
            f"the formulas of {owner} cannot be loaded ({entry.value}): {error}",
            hint=f"repair it, or pip uninstall {owner}",
        ) from error
