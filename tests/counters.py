"""The counters as parameters of a test, which skips those that are not installed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from _pytest.mark.structures import ParameterSet

from flopscope.counters import COUNTERS


def needs(name: str) -> pytest.MarkDecorator:
    """Skips where a counter is not installed."""
    row = COUNTERS.row(name)
    reason = f"{row.distribution} is not installed"
    return pytest.mark.skipif(not row.is_installed, reason=reason)


def parameters(names: Iterable[str]) -> list[ParameterSet]:
    """One for each counter."""
    return [pytest.param(name, marks=needs(name)) for name in names]


EVERY = parameters(COUNTERS)
