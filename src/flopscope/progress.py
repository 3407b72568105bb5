"""Telling whoever waits what is being done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], None]
"""Told what is being done, in a few words, whenever that changes."""


def silent(_step: str) -> None:
    """Nobody is waiting to be told."""
