"""What a figure is in, and how it is written for a reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flopscope.units import format_fixed, format_quantity


@dataclass(frozen=True, slots=True)
class Unit:
    """What a figure is in.

    Attributes:
        name: as programs are told it.
        text: a figure, which is not None, as a reader sees it.
    """

    name: str
    text: Callable[[Any], str]


WORDS = Unit("words", str)
COUNT = Unit("count", partial(format_quantity, decimals=2))
BYTES = Unit("bytes", partial(format_quantity, unit="B", decimals=2))
SECONDS = Unit("seconds", partial(format_quantity, unit="s", decimals=2))
PERCENT = Unit("percent", partial(format_fixed, decimals=1, unit="%"))
NUMBER = Unit("number", partial(format_fixed, decimals=1))
