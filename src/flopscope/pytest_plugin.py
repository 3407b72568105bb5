"""A fixture of pytest's that counts a model: ``assert flopscope(model, x).macs <= 4.2e9``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flopscope.report import Report


@pytest.fixture
def flopscope() -> Callable[..., Report]:
    """``flopscope.profile``, imported when a test asks for it."""
    from flopscope.api.counting import profile  # noqa: PLC0415 - it loads torch

    return profile
