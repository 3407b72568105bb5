"""The counters as parameters of a test, which skips those that are not installed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from flopscope.counters import COUNTERS


def parameters(names: Iterable[str]) -> list[object]:
    """One for each counter."""
    return [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                not COUNTERS.row(name).is_installed,
                reason=f"{COUNTERS.row(name).distribution} is not installed",
            ),
        )
        for name in names
    ]


EVERY = parameters(COUNTERS)
